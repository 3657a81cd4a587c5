// SPDX-License-Identifier: GPL-2.0-only
/* Memory in folios of one size, which the kernel makes where no other size is allowed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#define MAX_ORDER 9

static void size_path(char *to, size_t size, unsigned int order, const char *file)
{
	snprintf(to, size, "/sys/kernel/mm/transparent_hugepage/hugepages-%lukB/%s",
		 (PAGE_BYTES / 1024ul) << order, file);
}

static bool allow(unsigned int order, const char *when)
{
	char path[128];
	bool done;
	int fd;

	size_path(path, sizeof(path), order, "enabled");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, when, strlen(when)) == (ssize_t)strlen(when);
	close(fd);
	return done;
}

/*
 * Folios of that size that page faults have made since the boot; -1 where the kernel does not
 * say.
 */
static long long allocated(unsigned int order)
{
	char path[128], text[32];

	size_path(path, sizeof(path), order, "stats/anon_fault_alloc");
	return read_file(path, text, sizeof(text)) ? strtoll(text, NULL, 10) : -1;
}

/*
 * Writes to every page while that size alone is allowed; afterwards the sizes are as the boot
 * left them.
 */
static int populate(struct step *s, struct region *r, unsigned int order)
{
	long long before = allocated(order), made;
	int ret;

	if (before < 0 || (order != MAX_ORDER && !allow(MAX_ORDER, "never")) ||
	    !allow(order, "madvise")) {
		allow(MAX_ORDER, "inherit");
		return fail(s, EOPNOTSUPP,
			    "this kernel makes no folios of order %u for anonymous memory", order);
	}
	ret = madvise(r->base, r->pages * PAGE_BYTES, MADV_POPULATE_WRITE) ? errno : 0;
	if (order != MAX_ORDER)
		allow(order, "never");
	allow(MAX_ORDER, "inherit");
	if (ret)
		return fail(s, ret, "madvise: %s", strerror(ret));
	made = allocated(order) - before;
	if (made != (long long)(r->pages >> order))
		return fail(s, EAGAIN, "%lld folios of order %u came, not %llu", made, order,
			    (unsigned long long)(r->pages >> order));
	return 0;
}

int op_populate(struct step *s)
{
	struct region *r = region_get(s);
	uint64_t order;

	if (!r || arg_u64(s, s->req, "order", REQUIRED, MAX_ORDER, &order))
		return -1;
	if (!order || r->pages % (1ull << order))
		return fail(s, EINVAL,
			    "\"order\": from 1, and the mapping a multiple of that size");
	return populate(s, r, order);
}
