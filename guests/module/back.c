// SPDX-License-Identifier: GPL-2.0
/* The caller's memory goes back from a device because its driver wants it so. */
#include <linux/gfp.h>
#include <linux/mmap_lock.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zd.h"

#ifdef ZD_FEATURE

/**
 * struct zd_return - one request
 * @arg: the request
 * @src: source entries of one window
 * @dst: destination entries of one window
 */
struct zd_return {
	struct zdplace_back *arg;
	unsigned long src[ZD_PMD_PAGES];
	unsigned long dst[ZD_PMD_PAGES];
};

/* A destination like the source, locked and filled; 0 leaves the source where it is. */
static unsigned long zd_back_dst(struct vm_area_struct *vma, unsigned long addr, unsigned long src)
{
	unsigned long off = zd_offset(migrate_pfn_to_page(src));
	unsigned int order = src & MIGRATE_PFN_COMPOUND ? ZD_PMD_ORDER : 0;
	unsigned long mpfn;

	/* System memory that was asked for, too, is where it should be. */
	if (off >= zd.all || (order && zd_large_may_fail()))
		return 0;
	mpfn = zd_alloc_back(vma, addr, order, off);
	return mpfn ? mpfn | (src & MIGRATE_PFN_WRITE) : 0;
}

static int zd_back_window(struct zd_return *r, struct vm_area_struct *vma,
			  unsigned long start, unsigned long end)
{
	struct migrate_vma args = {
		.vma		= vma,
		.src		= r->src,
		.dst		= r->dst,
		.start		= start,
		.end		= end,
		.pgmap_owner	= zd_owner(r->arg->owner),
		.flags		= MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
	};
	unsigned long i;
	int ret;

	if (r->arg->owner == ZD_COHERENT)
		args.flags = MIGRATE_VMA_SELECT_DEVICE_COHERENT;
	if (r->arg->flags & ZDPLACE_F_COMPOUND)
		args.flags |= MIGRATE_VMA_SELECT_COMPOUND;
	if (r->arg->flags & ZDPLACE_F_SYSTEM)
		args.flags |= MIGRATE_VMA_SELECT_SYSTEM;
	memset(r->src, 0, sizeof(r->src));
	memset(r->dst, 0, sizeof(r->dst));
	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	r->arg->cpages += args.cpages;
	for (i = 0; i < args.npages; i++)
		if (r->src[i] & MIGRATE_PFN_VALID && r->src[i] & MIGRATE_PFN_MIGRATE)
			r->dst[i] = zd_back_dst(vma, start + (i << PAGE_SHIFT), r->src[i]);
	migrate_vma_pages(&args);
	for (i = 0; i < args.npages; i++)
		if (r->dst[i] && r->src[i] & MIGRATE_PFN_MIGRATE)
			r->arg->migrated += r->dst[i] & MIGRATE_PFN_COMPOUND ? ZD_PMD_PAGES : 1;
	migrate_vma_finalize(&args);
	return 0;
}

int zd_back(struct zdplace_back *arg)
{
	unsigned long addr = arg->addr, end, next;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct zd_return *r;
	int ret = 0;

	if (arg->addr & ~PAGE_MASK || !arg->pages || arg->pages > (1U << 20) ||
	    arg->addr > TASK_SIZE - (arg->pages << PAGE_SHIFT) || !zd_owner(arg->owner) ||
	    arg->flags & ~(ZDPLACE_F_COMPOUND | ZDPLACE_F_SYSTEM))
		return -EINVAL;
	r = kvcalloc(1, sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->arg = arg;
	arg->cpages = 0;
	arg->migrated = 0;
	end = addr + (arg->pages << PAGE_SHIFT);
	mmap_read_lock(mm);
	for (; addr < end && !ret; addr = next) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start >= end)
			break;
		addr = max(addr, vma->vm_start);
		next = min3(end, vma->vm_end, (addr & PMD_MASK) + PMD_SIZE);
		ret = zd_back_window(r, vma, addr, next);
	}
	mmap_read_unlock(mm);
	kvfree(r);
	return ret;
}

#else /* !ZD_FEATURE */

int zd_back(struct zdplace_back *arg)
{
	return -EOPNOTSUPP;
}

#endif
