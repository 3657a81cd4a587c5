// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long-term pins on pages, by way of the kernel's own gup_test; plain references, by way of a
 * pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent.h"

#define GUP_TEST "/sys/kernel/debug/gup_test"

/* mm/gup_test.h, which is not among the headers for programs */
struct pin_longterm_test {
	__u64 addr;
	__u64 size;
	__u32 flags;
};

#define PIN_LONGTERM_TEST_START	_IOW('g', 7, struct pin_longterm_test)
#define PIN_LONGTERM_TEST_STOP	_IO('g', 8)
#define PIN_LONGTERM_TEST_FLAG_USE_WRITE 1

static int file = -1;
static int ends[2] = { -1, -1 };

static void let_go(void)
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
}

/*
 * The pipe has a reference on each page, as direct I/O takes them: nothing tells it from
 * another but the count, so that it is seen only once a page is unmapped
 * (fs/splice.c:iter_to_pipe(), without FOLL_PIN).
 */
static int hold_in_pipe(struct step *s, void *addr, size_t size)
{
	struct iovec pages = { .iov_base = addr, .iov_len = size };
	ssize_t held;

	if (ends[0] >= 0)
		return fail(s, EINVAL, "there are pages in the pipe");
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return fail(s, errno, "pipe: %s", strerror(errno));
	/* One buffer a page. */
	if (fcntl(ends[1], F_SETPIPE_SZ, (int)size) < 0)
		held = -1;
	else
		held = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
	if (held == (ssize_t)size)
		return 0;
	fail(s, held < 0 ? errno : EAGAIN, "vmsplice: %s",
	     held < 0 ? strerror(errno) : "not all pages");
	let_go();
	return -1;
}

int op_pin(struct step *s)
{
	struct region *r = region_get(s);
	struct pin_longterm_test arg = { 0 };
	bool write, pipe;
	uint64_t page, n;

	if (!r || region_range(s, r, r->pages, &page, &n) || arg_bool(s, "write", false, &write) ||
	    arg_bool(s, "pipe", false, &pipe))
		return -1;
	if (!n || memchr(r->state + page, PAGE_GONE, n))
		return fail(s, EINVAL, "\"n\": at least 1, and every page mapped");
	if (pipe && write)
		return fail(s, EINVAL, "\"write\": a pipe only reads");
	if (pipe)
		return hold_in_pipe(s, (char *)r->base + page * PAGE_BYTES, n * PAGE_BYTES);
	if (file < 0)
		file = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return fail(s, EOPNOTSUPP, GUP_TEST ": %s", strerror(errno));
	arg.addr = (uintptr_t)r->base + page * PAGE_BYTES;
	arg.size = n * PAGE_BYTES;
	arg.flags = write ? PIN_LONGTERM_TEST_FLAG_USE_WRITE : 0;
	return ioctl(file, PIN_LONGTERM_TEST_START, &arg) ?
		       fail(s, errno, "pin: %s", strerror(errno)) :
		       0;
}

/* Ends all pins and references; without any there is nothing to end. */
void unpin(void)
{
	let_go();
	if (file < 0)
		return;
	ioctl(file, PIN_LONGTERM_TEST_STOP);
	close(file);
	file = -1;
}

int op_unpin(struct step *s)
{
	if (file < 0 && ends[0] < 0)
		return fail(s, EINVAL, "nothing is pinned");
	unpin();
	return 0;
}
