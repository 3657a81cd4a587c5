// SPDX-License-Identifier: GPL-2.0-only
/* Long-term pins on pages, by way of the kernel's own gup_test. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
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

int op_pin(struct step *s)
{
	struct region *r = region_get(s);
	struct pin_longterm_test arg = { 0 };
	uint64_t page, n;
	bool write;

	if (!r || region_range(s, r, r->pages, &page, &n) || arg_bool(s, "write", false, &write))
		return -1;
	if (!n || memchr(r->state + page, PAGE_GONE, n))
		return fail(s, EINVAL, "\"n\": at least 1, and every page mapped");
	if (file < 0)
		file = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return fail(s, EOPNOTSUPP, GUP_TEST ": %s", strerror(errno));
	arg.addr = (uintptr_t)r->base + page * PAGE_BYTES;
	arg.size = n * PAGE_BYTES;
	arg.flags = write ? PIN_LONGTERM_TEST_FLAG_USE_WRITE : 0;
	return ioctl(file, PIN_LONGTERM_TEST_START, &arg) ? fail(s, errno, "pin: %s", strerror(errno)) : 0;
}

/* Ends all pins; without any there is nothing to end. */
void unpin(void)
{
	if (file < 0)
		return;
	ioctl(file, PIN_LONGTERM_TEST_STOP);
	close(file);
	file = -1;
}

int op_unpin(struct step *s)
{
	if (file < 0)
		return fail(s, EINVAL, "nothing is pinned");
	unpin();
	return 0;
}
