// SPDX-License-Identifier: GPL-2.0-only
/* Mappings that a userfaultfd watches; every fault that it would tell of ends in a SIGBUS. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

static int uffd = -1;

static int open_uffd(struct step *s)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};

	if (uffd >= 0)
		return 0;
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api))
		return 0;
	fail(s, EOPNOTSUPP, "userfaultfd: %s", strerror(errno));
	uffd_close();
	return -1;
}

static int protect(struct step *s, struct uffdio_range range)
{
	struct uffdio_writeprotect wp = { .range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &wp) ?
		       fail(s, errno, "UFFDIO_WRITEPROTECT: %s", strerror(errno)) :
		       0;
}

/* The watch ends with the file. */
void uffd_close(void)
{
	if (uffd >= 0)
		close(uffd);
	uffd = -1;
}

int op_uffd(struct step *s)
{
	struct region *r = region_get(s);
	const char *mode = r ? arg_string(s, "mode") : NULL;
	struct uffdio_register reg = { 0 };

	if (!mode)
		return -1;
	if (!strcmp(mode, "none")) {
		uffd_close();
		return 0;
	}
	if (!strcmp(mode, "missing"))
		reg.mode = UFFDIO_REGISTER_MODE_MISSING;
	else if (!strcmp(mode, "wp"))
		reg.mode = UFFDIO_REGISTER_MODE_WP;
	else
		return fail(s, EINVAL, "\"mode\": expected \"missing\", \"wp\" or \"none\"");
	if (open_uffd(s))
		return -1;
	reg.range.start = (uintptr_t)r->base;
	reg.range.len = r->pages * PAGE_BYTES;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		return fail(s, errno, "UFFDIO_REGISTER: %s", strerror(errno));
	return reg.mode == UFFDIO_REGISTER_MODE_WP ? protect(s, reg.range) : 0;
}
