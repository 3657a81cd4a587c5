// SPDX-License-Identifier: GPL-2.0
/* The device memory: region, pristine copy, reset. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/ioport.h>
#include <linux/vmalloc.h>

#include "zd.h"

struct zd_chunk zd;

#ifdef ZD_FEATURE

static void zd_forget_all(void)
{
	unsigned long flags, off;

	for (off = 0; off < zd.used; off++)
		zd_forget(off);
	spin_lock_irqsave(&zd.lock, flags);
	memset(zd.slots, 0, zd.used * sizeof(*zd.slots));
	bitmap_zero(zd.filled, zd.used);
	spin_unlock_irqrestore(&zd.lock, flags);
}

static const struct dev_pagemap_ops *zd_ops(bool split_op)
{
	return split_op ? &zd_pagemap_ops : &zd_pagemap_ops_no_split;
}

/* The core looks at the operations of a page map whenever it calls one. */
int zd_knobs(const struct zdplace_knobs *arg)
{
	if (arg->split_op > ZDPLACE_SPLIT_OP_OFF || arg->linger_us > ZDPLACE_MAX_LINGER_US ||
	    arg->free_us > ZDPLACE_MAX_FREE_US || arg->lock_us > ZDPLACE_MAX_LOCK_US ||
	    arg->lock_pfn >= zd.pages)
		return -EINVAL;
	if (arg->split_op != ZDPLACE_SPLIT_OP_KEEP) {
		if (zd_any_live())
			return -EBUSY;
		zd_maps_set_ops(zd_ops(arg->split_op == ZDPLACE_SPLIT_OP_ON));
	}
	atomic_set(&zd.fail_large, min_t(u32, arg->fail_large, INT_MAX));
	atomic_set(&zd.fail_small, min_t(u32, arg->fail_small, INT_MAX));
	WRITE_ONCE(zd.linger_us, arg->linger_us);
	WRITE_ONCE(zd.free_us, arg->free_us);
	zd_holder_order(arg->lock_pfn, arg->lock_us);
	return 0;
}

/*
 * Gives every page the bytes that memremap_pages() left. Pages that a process
 * still maps must not be pulled from under it, and an operation in flight may
 * hold or wait for a folio lock.
 */
int zd_reset(const struct zdplace_reset *arg)
{
	bool unsafe = (arg->flags & ZDPLACE_F_UNSAFE) && zd_unsafe;

	if (arg->flags & ~ZDPLACE_F_UNSAFE)
		return -EINVAL;
	if (atomic_read(&zd.busy))
		return -EBUSY;
	if (READ_ONCE(zd.migrated) && !unsafe)
		return -EBUSY;
	zd_holder_order(0, 0);
	zd_forget_all();
	memcpy(zd.base, zd.pristine, zd.pages * sizeof(struct page));
	if (zd.used > zd.pages)
		memcpy(zd_page(zd.pages), zd.pristine + zd.pages * sizeof(struct page),
		       (zd.all - zd.pages) * sizeof(struct page));
	zd.used = zd.pages;
	zd_maps_restore_refs();
	atomic_set(&zd.fail_large, 0);
	atomic_set(&zd.fail_small, 0);
	WRITE_ONCE(zd.linger_us, 0);
	WRITE_ONCE(zd.free_us, 0);
	zd_maps_set_ops(zd_ops(zd_split_op));
	return 0;
}

static void zd_free_arrays(void)
{
	zd_events_destroy();
	vfree(zd.pristine);
	vfree(zd.at_free);
	vfree(zd.backing);
	vfree(zd.slots);
	bitmap_free(zd.filled);
}

/**
 * zd_chunk_create() - make the device memory
 * @pages: of the chunk
 * @coherent: where memory for coherent pages begins, 0: there is none
 *
 * Return: 0 or an error.
 */
int zd_chunk_create(unsigned long pages, phys_addr_t coherent)
{
	int ret = -ENOMEM;

	if (!pages || pages % ZD_PMD_PAGES || pages > (1UL << 20) || coherent % PMD_SIZE)
		return -EINVAL;

	spin_lock_init(&zd.lock);
	zd.pages = pages;
	zd.used = pages;
	zd.all = coherent ? pages + ZD_COHERENT_PAGES : pages;
	zd.slots = vzalloc(zd.all * sizeof(*zd.slots));
	zd.filled = bitmap_zalloc(zd.all, GFP_KERNEL);
	zd.pristine = vmalloc(zd.all * sizeof(struct page));
	zd.at_free = vzalloc(pages * sizeof(struct page));
	/* Pages that nobody reads or writes cost the saved guest nothing. */
	zd.backing = vmalloc(pages << PAGE_SHIFT);
	if (!zd.slots || !zd.filled || !zd.pristine || !zd.at_free ||
	    !zd.backing || zd_events_create())
		goto free;

	zd.res = request_free_mem_region(&iomem_resource, pages << PAGE_SHIFT, "zdplace");
	if (IS_ERR(zd.res)) {
		ret = PTR_ERR(zd.res);
		goto free;
	}
	zd.pfn = PHYS_PFN(zd.res->start);
	ret = zd_maps_create(coherent);
	if (ret)
		goto release;
	zd_maps_set_ops(zd_ops(zd_split_op));
	zd.base = zd.maps[ZD_FIRST].base;
	memcpy(zd.pristine, zd.base, pages * sizeof(struct page));
	if (coherent)
		memcpy(zd.pristine + pages * sizeof(struct page), zd_page(pages),
		       ZD_COHERENT_PAGES * sizeof(struct page));
	pr_info("%lu pages from pfn 0x%lx\n", pages, zd.pfn);
	return 0;

release:
	release_mem_region(zd.res->start, resource_size(zd.res));
free:
	zd_free_arrays();
	return ret;
}

void zd_chunk_destroy(void)
{
	/* No folio is mapped: those hold a reference on the module. */
	zd_holder_order(0, 0);
	zd_forget_all();
	zd_maps_restore_refs();
	zd_maps_destroy();
	release_mem_region(zd.res->start, resource_size(zd.res));
	zd_free_arrays();
}

#else /* !ZD_FEATURE */

int zd_reset(const struct zdplace_reset *arg)
{
	return -EOPNOTSUPP;
}

int zd_knobs(const struct zdplace_knobs *arg)
{
	return -EOPNOTSUPP;
}

int zd_chunk_create(unsigned long pages, phys_addr_t coherent)
{
	spin_lock_init(&zd.lock);
	pr_info("no device memory: %s\n", ZD_WHY);
	return 0;
}

void zd_chunk_destroy(void)
{
}

#endif
