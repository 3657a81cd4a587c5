// SPDX-License-Identifier: GPL-2.0
/* The device memory: region, page map, pristine copy, references. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/ioport.h>
#include <linux/percpu-refcount.h>
#include <linux/vmalloc.h>

#include "zd.h"

struct zd_chunk zd;

#ifdef ZD_FEATURE

/*
 * Sum of a per-cpu reference count. Only differences mean something: the
 * count is biased as long as it is in per-cpu mode (lib/percpu-refcount.c).
 */
static long zd_ref_sum(struct percpu_ref *ref)
{
	unsigned long __percpu *count;
	unsigned long sum;
	int cpu;

	rcu_read_lock();
	sum = atomic_long_read(&ref->data->count);
	if (__ref_is_percpu(ref, &count))
		for_each_possible_cpu(cpu)
			sum += READ_ONCE(*per_cpu_ptr(count, cpu));
	rcu_read_unlock();
	return sum;
}

long zd_refs(void)
{
	return zd_ref_sum(&zd.pgmap.ref) - zd.ref_base;
}

static void zd_restore_refs(void)
{
	long refs = zd_refs();

	if (refs > 0)
		percpu_ref_put_many(&zd.pgmap.ref, refs);
	else if (refs < 0)
		percpu_ref_get_many(&zd.pgmap.ref, -refs);
}

static void zd_forget_all(void)
{
	unsigned long flags, off;

	for (off = 0; off < zd.pages; off++)
		zd_forget(off);
	spin_lock_irqsave(&zd.lock, flags);
	memset(zd.slots, 0, zd.pages * sizeof(*zd.slots));
	bitmap_zero(zd.filled, zd.pages);
	spin_unlock_irqrestore(&zd.lock, flags);
}

static const struct dev_pagemap_ops *zd_ops(bool split_op)
{
	return split_op ? &zd_pagemap_ops : &zd_pagemap_ops_no_split;
}

/* The core looks at the operations of a page map whenever it calls one. */
int zd_knobs(const struct zdplace_knobs *arg)
{
	if (arg->split_op > ZDPLACE_SPLIT_OP_OFF || arg->linger_us > ZDPLACE_MAX_LINGER_US)
		return -EINVAL;
	if (arg->split_op != ZDPLACE_SPLIT_OP_KEEP) {
		if (zd_any_live())
			return -EBUSY;
		WRITE_ONCE(zd.pgmap.ops, zd_ops(arg->split_op == ZDPLACE_SPLIT_OP_ON));
	}
	atomic_set(&zd.fail_large, min_t(u32, arg->fail_large, INT_MAX));
	atomic_set(&zd.fail_small, min_t(u32, arg->fail_small, INT_MAX));
	WRITE_ONCE(zd.linger_us, arg->linger_us);
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
	zd_forget_all();
	memcpy(zd.base, zd.pristine, zd.pages * sizeof(struct page));
	zd_restore_refs();
	atomic_set(&zd.fail_large, 0);
	atomic_set(&zd.fail_small, 0);
	WRITE_ONCE(zd.linger_us, 0);
	WRITE_ONCE(zd.pgmap.ops, zd_ops(zd_split_op));
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

int zd_chunk_create(unsigned long pages)
{
	void *addr;
	int ret = -ENOMEM;

	if (!pages || pages % ZD_PMD_PAGES || pages > (1UL << 20))
		return -EINVAL;

	spin_lock_init(&zd.lock);
	zd.pages = pages;
	zd.slots = vzalloc(pages * sizeof(*zd.slots));
	zd.filled = bitmap_zalloc(pages, GFP_KERNEL);
	zd.pristine = vmalloc(pages * sizeof(struct page));
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
	zd.pgmap.type = MEMORY_DEVICE_PRIVATE;
	zd.pgmap.ops = zd_ops(zd_split_op);
	zd.pgmap.owner = &zd;
	zd.pgmap.nr_range = 1;
	zd.pgmap.range.start = zd.res->start;
	zd.pgmap.range.end = zd.res->start + (pages << PAGE_SHIFT) - 1;

	addr = memremap_pages(&zd.pgmap, numa_node_id());
	if (IS_ERR(addr)) {
		ret = PTR_ERR(addr);
		goto release;
	}
	zd.pfn = PHYS_PFN(zd.pgmap.range.start);
	zd.base = pfn_to_page(zd.pfn);
	memcpy(zd.pristine, zd.base, pages * sizeof(struct page));
	zd.ref_base = zd_ref_sum(&zd.pgmap.ref);
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
	zd_forget_all();
	zd_restore_refs();
	memunmap_pages(&zd.pgmap);
	release_mem_region(zd.res->start, resource_size(zd.res));
	zd_free_arrays();
}

#else /* !ZD_FEATURE */

long zd_refs(void)
{
	return 0;
}

int zd_reset(const struct zdplace_reset *arg)
{
	return -EOPNOTSUPP;
}

int zd_knobs(const struct zdplace_knobs *arg)
{
	return -EOPNOTSUPP;
}

int zd_chunk_create(unsigned long pages)
{
	spin_lock_init(&zd.lock);
	pr_info("no device memory: %s\n", ZD_WHY);
	return 0;
}

void zd_chunk_destroy(void)
{
}

#endif
