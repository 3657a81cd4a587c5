// SPDX-License-Identifier: GPL-2.0
/* CPU access to a device page: the way back to system memory. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "zd.h"

#ifdef ZD_FEATURE

/* Copies a device page to @to; false where no migration has filled it. */
bool zd_copy_back(struct page *to, unsigned long off)
{
	bool filled = off < zd.all && test_bit(off, zd.filled);
	void *p = kmap_local_page(to);

	if (filled)
		memcpy(p, zd_backing(off), PAGE_SIZE);
	else
		memset(p, ZD_POISON, PAGE_SIZE);
	kunmap_local(p);
	return filled;
}

/* Whether this large allocation is to fail. */
bool zd_large_may_fail(void)
{
	return atomic_dec_if_positive(&zd.fail_large) >= 0;
}

/* Whether this small allocation is the one that is to fail. */
static bool zd_small_fails(void)
{
	return atomic_dec_if_positive(&zd.fail_small) == 0;
}

/* One destination of @order at @addr, locked and filled, or 0. */
unsigned long zd_alloc_back(struct vm_area_struct *vma, unsigned long addr, unsigned int order,
			    unsigned long off)
{
	struct folio *folio;
	unsigned long mpfn, i;

	folio = vma_alloc_folio(order ? GFP_TRANSHUGE : GFP_HIGHUSER_MOVABLE, order, vma, addr);
	if (!folio)
		return 0;
	folio_lock(folio);
	for (i = 0; i < 1UL << order; i++)
		if (!zd_copy_back(folio_page(folio, i), off + i))
			atomic64_inc(&zd.bad_reads);
	mpfn = migrate_pfn(page_to_pfn(folio_page(folio, 0)));
	return order ? mpfn | MIGRATE_PFN_COMPOUND : mpfn;
}

/* The same in a fault, where it may be ordered to fail. */
static unsigned long zd_alloc_faulted(struct vm_area_struct *vma, unsigned long addr,
				      unsigned int order, unsigned long off)
{
	if (order ? zd_large_may_fail() : zd_small_fails())
		return 0;
	return zd_alloc_back(vma, addr, order, off);
}

static void zd_drop_back(unsigned long *dst, unsigned long n)
{
	while (n--) {
		struct page *page = migrate_pfn_to_page(dst[n]);

		dst[n] = 0;
		if (page) {
			unlock_page(page);
			put_page(page);
		}
	}
}

static vm_fault_t zd_fill_back(struct migrate_vma *args, unsigned int order)
{
	struct page *spage = migrate_pfn_to_page(args->src[0]);
	unsigned long write = args->src[0] & MIGRATE_PFN_WRITE;
	unsigned long i, n = 1, off;

	if (!spage || !(args->src[0] & MIGRATE_PFN_MIGRATE))
		return 0;
	off = zd_offset(spage);
	if (order && args->src[0] & MIGRATE_PFN_COMPOUND) {
		args->dst[0] = zd_alloc_faulted(args->vma, args->start, order, off);
		if (args->dst[0]) {
			args->dst[0] |= write;
			return 0;
		}
		n = 1UL << order;
	}
	/* Small pages for all of it: the core splits the device folio, or tries later. */
	for (i = 0; i < n; i++) {
		args->dst[i] = zd_alloc_faulted(args->vma, args->start + (i << PAGE_SHIFT),
						0, off + i);
		if (!args->dst[i]) {
			zd_drop_back(args->dst, i);
			return VM_FAULT_OOM;
		}
		args->dst[i] |= write;
	}
	return 0;
}

/*
 * A copy engine takes its time: others find the folio locked, and later its
 * migration entries.
 */
static void zd_linger(void)
{
	unsigned int us = READ_ONCE(zd.linger_us);

	if (us)
		usleep_range(us, us + us / 8);
}

vm_fault_t zd_migrate_to_ram(struct vm_fault *vmf)
{
	/* A PTE of a folio that is not split yet: one page, the core splits. */
	unsigned int order = vmf->pte ? 0 : folio_order(page_folio(vmf->page));
	struct migrate_vma args = {
		.vma		= vmf->vma,
		.pgmap_owner	= zd_map_of(zd_offset(vmf->page)),
		.flags		= MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
		.fault_page	= vmf->page,
	};
	vm_fault_t ret = VM_FAULT_OOM;

	atomic64_inc(&zd.faults);
	zd_event(ZDPLACE_CB_MIGRATE_TO_RAM, zd_offset(vmf->page), order, ZDPLACE_NO_TAIL);

	order = order == ZD_PMD_ORDER ? order : 0;
	if (order)
		args.flags |= MIGRATE_VMA_SELECT_COMPOUND;
	args.start = ALIGN_DOWN(vmf->address, PAGE_SIZE << order);
	args.end = args.start + (PAGE_SIZE << order);
	args.src = kvcalloc(1UL << order, sizeof(*args.src), GFP_KERNEL);
	args.dst = kvcalloc(1UL << order, sizeof(*args.dst), GFP_KERNEL);
	if (!args.src || !args.dst)
		goto free;

	ret = VM_FAULT_SIGBUS;
	zd_linger();
	if (migrate_vma_setup(&args))
		goto free;
	zd_linger();
	ret = zd_fill_back(&args, order);
	if (!ret)
		migrate_vma_pages(&args);
	migrate_vma_finalize(&args);
free:
	kvfree(args.src);
	kvfree(args.dst);
	return ret;
}

#endif
