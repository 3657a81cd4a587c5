// SPDX-License-Identifier: GPL-2.0
/* Eviction: device pages go back to system memory by page number, whoever maps them. */
#include <linux/gfp.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "zd.h"

#if defined(ZD_FEATURE) && defined(ZD_HAS_migrate_range) && defined(ZD_HAS_migrate_pfns)

/**
 * struct zd_eviction - one eviction
 * @n: entries of the arrays
 * @src: sources, filled by the core's scan
 * @dst: destinations
 * @entries: what became of each source
 */
struct zd_eviction {
	unsigned long n;
	unsigned long *src;
	unsigned long *dst;
	struct zdplace_evicted *entries;
};

static void zd_evict_release(struct zd_eviction *e)
{
	kvfree(e->src);
	kvfree(e->dst);
	kvfree(e->entries);
}

static int zd_evict_alloc(struct zd_eviction *e)
{
	e->src = kvcalloc(e->n, sizeof(*e->src), GFP_KERNEL);
	e->dst = kvcalloc(e->n, sizeof(*e->dst), GFP_KERNEL);
	e->entries = kvcalloc(e->n, sizeof(*e->entries), GFP_KERNEL);
	return e->src && e->dst && e->entries ? 0 : -ENOMEM;
}

static int zd_evict_list(struct zd_eviction *e, const u32 __user *list)
{
	unsigned long i;
	u32 off;

	for (i = 0; i < e->n; i++) {
		if (get_user(off, list + i))
			return -EFAULT;
		if (off >= zd.all)
			return -EINVAL;
		e->src[i] = zd_pfn(off);
	}
	return 0;
}

/* Locks and unmaps the sources; src is what the core makes of it from here on. */
static int zd_evict_scan(struct zd_eviction *e, const struct zdplace_evict *arg)
{
	int ret;

	if (!arg->list)
		return migrate_device_range(e->src, zd_pfn(arg->pfn), e->n);
	ret = zd_evict_list(e, u64_to_user_ptr(arg->list));
	return ret ? ret : migrate_device_pfns(e->src, e->n);
}

/*
 * A destination like the source, locked and filled; 0 leaves the source where it is.
 * A folio that only this module has is of no process, and nobody is charged for
 * it: the core would migrate it if this module dropped it meanwhile.
 */
static unsigned long zd_evict_dst(unsigned long src, unsigned int order)
{
	unsigned long off = zd_offset(migrate_pfn_to_page(src));
	unsigned long i, mpfn;
	struct folio *folio;

	if (!(zd_slot_flags(off) & ZD_MIGRATED))
		return 0;
	if (order && zd_large_may_fail())
		return 0;
	folio = folio_alloc(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, order);
	if (!folio)
		return 0;
	folio_lock(folio);
	for (i = 0; i < 1UL << order; i++)
		zd_copy_back(folio_page(folio, i), off + i);
	mpfn = migrate_pfn(folio_pfn(folio));
	if (src & MIGRATE_PFN_WRITE)
		mpfn |= MIGRATE_PFN_WRITE;
	return order ? mpfn | MIGRATE_PFN_COMPOUND : mpfn;
}

static void zd_evict_fill(struct zd_eviction *e)
{
	unsigned long i;

	for (i = 0; i < e->n; i++) {
		struct page *page = migrate_pfn_to_page(e->src[i]);
		unsigned int order = 0;

		e->entries[i].src = e->src[i];
		e->entries[i].state = zd_src_state(e->src[i]);
		if (!page || !(e->src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		if (e->src[i] & MIGRATE_PFN_COMPOUND)
			order = folio_order(page_folio(page));
		/* Larger than anything made here: the kernel read the order from a wrong place. */
		if (order > ZD_PMD_ORDER)
			continue;
		e->dst[i] = zd_evict_dst(e->src[i], order);
		if (!e->dst[i])
			continue;
		e->entries[i].state |= ZDPLACE_M_INIT;
		e->entries[i].order = order;
	}
}

static void zd_evict_account(struct zd_eviction *e)
{
	unsigned long i;

	for (i = 0; i < e->n; i++)
		if (e->dst[i] && e->src[i] & MIGRATE_PFN_MIGRATE)
			e->entries[i].state |= ZDPLACE_M_MIGRATED;
}

/* As a driver gives a chunk back (lib/test_hmm.c:dmirror_device_evict_chunk()). */
int zd_evict(const struct zdplace_evict *arg)
{
	struct zd_eviction e = { .n = arg->n };
	int ret;

	if (!arg->n || arg->n > zd.all ||
	    (arg->list ? arg->pfn : !zd_same_kind(arg->pfn, arg->n)))
		return -EINVAL;
	atomic_inc(&zd.scans);
	ret = zd_evict_alloc(&e);
	if (!ret)
		ret = zd_evict_scan(&e, arg);
	if (ret)
		goto release;

	zd_evict_fill(&e);
	migrate_device_pages(e.src, e.dst, e.n);
	zd_evict_account(&e);
	migrate_device_finalize(e.src, e.dst, e.n);
	if (copy_to_user(u64_to_user_ptr(arg->entries), e.entries, e.n * sizeof(*e.entries)))
		ret = -EFAULT;
release:
	atomic_fetch_dec_release(&zd.scans);
	zd_evict_release(&e);
	return ret;
}

#else

int zd_evict(const struct zdplace_evict *arg)
{
	return -EOPNOTSUPP;
}

#endif
