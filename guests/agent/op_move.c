// SPDX-License-Identifier: GPL-2.0-only
/* A mapping, or a part of it, that moves to another address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"

/* What was moved away: gone, or (MREMAP_DONTUNMAP) mapped and empty. */
static int leave(struct step *s, struct region *r, uint64_t page, uint64_t n, bool stays)
{
	memset(r->state + page, stays ? PAGE_EMPTY : PAGE_GONE, n);
	return stays || n < r->pages ? 0 : region_drop(s, r);
}

int op_mremap(struct step *s)
{
	struct region *from = region_get(s);
	const char *to = from ? arg_string(s, "to") : NULL;
	struct step dropped = { 0 };
	uint64_t page, n, at;
	struct region *r;
	bool stays;
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;

	if (!to || region_range(s, from, from->pages, &page, &n) ||
	    arg_u64(s, s->req, "at", 0, HUGE_PAGES - 1, &at) ||
	    arg_bool(s, "dontunmap", false, &stays))
		return -1;
	if (!n)
		return fail(s, EINVAL, "\"n\": at least 1");
	if (memchr(from->state + page, PAGE_GONE, n))
		return fail(s, ENOMEM, "a page of the range is unmapped");
	r = region_reserve(s, to, n, at);
	if (!r)
		return -1;
	if (stays)
		flags |= MREMAP_DONTUNMAP;
	if (mremap(from->base + page * PAGE_BYTES, n * PAGE_BYTES, n * PAGE_BYTES, flags,
		   r->base) == MAP_FAILED) {
		fail(s, errno, "mremap: %s", strerror(errno));
		region_drop(&dropped, r);
		return -1;
	}
	memcpy(r->state, from->state + page, n);
	r->first = from->first + page;
	r->locked = from->locked;
	out_f(s->extra, ",\"addr\":\"0x%llx\"", (unsigned long long)(uintptr_t)r->base);
	return leave(s, from, page, n, stays);
}
