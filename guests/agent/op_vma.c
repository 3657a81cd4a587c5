// SPDX-License-Identifier: GPL-2.0-only
/* Operations that change how a part of a mapping is mapped. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"

/* A change of n pages from page on; 0, or -1 after fail(). */
typedef int (*change_t)(struct step *s, struct region *r, uint64_t page, uint64_t n, int how);

static int unmap(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	(void)how;
	return region_unmap(s, r, page, n);
}

/*
 * All calls but munmap() say ENOMEM of an unmapped page when they have done a part of the range, or all the rest of it:
 * what is refused must change nothing.
 */
static int check_mapped(struct step *s, const struct region *r, uint64_t page, uint64_t n, uint64_t every)
{
	for (uint64_t i = 0; i < n; i += every)
		if (r->state[page + i] == PAGE_GONE)
			return fail(s, ENOMEM, "page %llu is unmapped", (unsigned long long)(page + i));
	return 0;
}

/* The range of the request in one call or, with "every" above 1, each so manieth page of it alone. */
static int change(struct step *s, struct region *r, change_t one, int how)
{
	uint64_t page, n, every;

	if (region_range(s, r, r->pages, &page, &n) ||
	    arg_u64(s, s->req, "every", 1, r->pages, &every))
		return -1;
	if (!n || !every)
		return fail(s, EINVAL, "\"%s\": at least 1", n ? "every" : "n");
	if (one != unmap && check_mapped(s, r, page, n, every))
		return -1;
	if (every == 1)
		return one(s, r, page, n, how);
	for (uint64_t i = 0; i < n; i += every)
		if (one(s, r, page + i, 1, how))
			return -1;
	return 0;
}

int op_munmap(struct step *s)
{
	struct region *r = region_get(s);

	if (!r || change(s, r, unmap, 0))
		return -1;
	write_rss(s);
	return 0;
}

static int protect(struct step *s, struct region *r, uint64_t page, uint64_t n, int prot)
{
	if (!mprotect(r->base + page * PAGE_BYTES, n * PAGE_BYTES, prot))
		return 0;
	return fail(s, errno, "mprotect: %s", strerror(errno));
}

int op_mprotect(struct step *s)
{
	struct region *r = region_get(s);
	const char *prot = r ? arg_string(s, "prot") : NULL;

	if (!prot)
		return -1;
	if (!strcmp(prot, "none"))
		return change(s, r, protect, PROT_NONE);
	if (!strcmp(prot, "r"))
		return change(s, r, protect, PROT_READ);
	if (!strcmp(prot, "rw"))
		return change(s, r, protect, PROT_READ | PROT_WRITE);
	return fail(s, EINVAL, "\"prot\": expected \"none\", \"r\" or \"rw\"");
}

static int advise(struct step *s, struct region *r, uint64_t page, uint64_t n, int advice)
{
	if (madvise(r->base + page * PAGE_BYTES, n * PAGE_BYTES, advice))
		return fail(s, errno, "madvise: %s", strerror(errno));
	if (advice != MADV_DONTNEED)
		return 0;
	for (; n; n--, page++)
		if (r->state[page] == PAGE_MAPPED)
			r->state[page] = PAGE_EMPTY;
	return 0;
}

int op_madvise(struct step *s)
{
	struct region *r = region_get(s);
	const char *advice = r ? arg_string(s, "advice") : NULL;

	if (!advice)
		return -1;
	if (!strcmp(advice, "dontneed"))
		return change(s, r, advise, MADV_DONTNEED);
	/* Unlike a plain access, marks what is there as accessed (mm/gup.c, FOLL_TOUCH). */
	if (!strcmp(advice, "populate_read"))
		return change(s, r, advise, MADV_POPULATE_READ);
	return fail(s, EINVAL, "\"advice\": expected \"dontneed\" or \"populate_read\"");
}

static int lock(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	(void)how;
	if (!mlock(r->base + page * PAGE_BYTES, n * PAGE_BYTES))
		return 0;
	return fail(s, errno, "mlock: %s", strerror(errno));
}

int op_mlock(struct step *s)
{
	struct region *r = region_get(s);

	return r ? change(s, r, lock, 0) : -1;
}
