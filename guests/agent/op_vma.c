// SPDX-License-Identifier: GPL-2.0-only
/* Operations that change how a part of a mapping is mapped. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* include/uapi/asm-generic/mman-common.h */
#endif

/* A change of n pages from page on; 0, or -1 after fail(). */
typedef int (*change_t)(struct step *s, struct region *r, uint64_t page, uint64_t n, int how);

static int unmap(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	(void)how;
	return region_unmap(s, r, page, n);
}

/*
 * All calls but munmap() say ENOMEM of an unmapped page when they have done a part of the
 * range, or all the rest of it: what is refused must change nothing.
 */
static int check_mapped(struct step *s, const struct region *r, uint64_t page, uint64_t n,
			uint64_t every)
{
	for (uint64_t i = 0; i < n; i += every)
		if (r->state[page + i] == PAGE_GONE)
			return fail(s, ENOMEM, "page %llu is unmapped",
				    (unsigned long long)(page + i));
	return 0;
}

/*
 * The range of the request in one call or, with "every" above 1, each so manieth page of it
 * alone.
 */
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

/*
 * A page that was locked is held by a batch of this CPU when it is unmapped, and freed when
 * the batch is worked off (mm/mlock.c:munlock_folio()). Since munmap() does not do that any
 * more it may last; MADV_COLD begins with it.
 */
static void drain_batches(void)
{
	static uint8_t page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

	(void)!madvise(page, sizeof(page), MADV_COLD);
}

/*
 * A page that waits in a batch of another CPU for the LRU is not there yet, and is passed
 * over: which CPU that would be is chance.
 */
static void drain_all_batches(void)
{
	cpu_set_t before, one;

	if (sched_getaffinity(0, sizeof(before), &before))
		return;
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one))
			drain_batches();
	}
	sched_setaffinity(0, sizeof(before), &before);
}

int op_munmap(struct step *s)
{
	struct region *r = region_get(s);
	const bool locked = r && r->locked;

	if (!r || change(s, r, unmap, 0))
		return -1;
	if (locked)
		drain_batches();
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

/*
 * MADV_PAGEOUT until the pages are on the disk alone. Where the kernel submits what it writes
 * out only at the end of a pass (mm/vmscan.c:shrink_folio_list()), it frees no folio in it:
 * all stay in the swap cache. What was read from there is clean, and goes at once. Elsewhere
 * nothing is read: a page that comes from the disk counts as used.
 */
static int swap_out(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	drain_all_batches();
	if (advise(s, r, page, n, how))
		return -1;
	if (swap_cached() <= 0)
		return 0;
	if (read_swapped(s, r, page, n))
		return -1;
	drain_all_batches();
	return advise(s, r, page, n, how);
}

static const struct {
	const char *name;
	int advice;
} advices[] = {
	{ "dontneed", MADV_DONTNEED },
	/* Unlike a plain access, marks what is there as accessed (mm/gup.c, FOLL_TOUCH). */
	{ "populate_read", MADV_POPULATE_READ },
	{ "cold", MADV_COLD },
	{ "pageout", MADV_PAGEOUT },
	{ "free", MADV_FREE },
	{ "collapse", MADV_COLLAPSE },
	{ "mergeable", MADV_MERGEABLE },
	{ "unmergeable", MADV_UNMERGEABLE },
	{ "hugepage", MADV_HUGEPAGE },
	{ "nohugepage", MADV_NOHUGEPAGE },
};

int op_madvise(struct step *s)
{
	struct region *r = region_get(s);
	const char *advice = r ? arg_string(s, "advice") : NULL;

	if (!advice)
		return -1;
	if (!strcmp(advice, "pageout"))
		drain_all_batches();
	if (!strcmp(advice, "swapout"))
		return change(s, r, swap_out, MADV_PAGEOUT);
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (!strcmp(advice, advices[i].name))
			return change(s, r, advise, advices[i].advice);
	return fail(s, EINVAL, "unknown \"advice\" \"%.32s\"", advice);
}

static int lock(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	r->locked = true;
	if (!mlock2(r->base + page * PAGE_BYTES, n * PAGE_BYTES, how))
		return 0;
	return fail(s, errno, "mlock: %s", strerror(errno));
}

static int unlock(struct step *s, struct region *r, uint64_t page, uint64_t n, int how)
{
	(void)how;
	if (!munlock(r->base + page * PAGE_BYTES, n * PAGE_BYTES))
		return 0;
	return fail(s, errno, "munlock: %s", strerror(errno));
}

int op_mlock(struct step *s)
{
	struct region *r = region_get(s);

	bool onfault;

	if (!r || arg_bool(s, "onfault", false, &onfault))
		return -1;
	return change(s, r, lock, onfault ? MLOCK_ONFAULT : 0);
}

int op_munlock(struct step *s)
{
	struct region *r = region_get(s);

	return r ? change(s, r, unlock, 0) : -1;
}
