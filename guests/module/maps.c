// SPDX-License-Identifier: GPL-2.0
/* The page maps: which pages are whose, and references. */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>

#include "zd.h"

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

long zd_refs(struct zd_map *map)
{
	return map->pages ? zd_ref_sum(&map->pgmap.ref) - map->ref_base : 0;
}

void zd_maps_restore_refs(void)
{
	struct zd_map *map;

	for (map = zd.maps; map < zd.maps + ZD_MAPS; map++) {
		long refs = zd_refs(map);

		if (refs > 0)
			percpu_ref_put_many(&map->pgmap.ref, refs);
		else if (refs < 0)
			percpu_ref_get_many(&map->pgmap.ref, -refs);
	}
}

void zd_maps_set_ops(const struct dev_pagemap_ops *ops)
{
	struct zd_map *map;

	for (map = zd.maps; map < zd.maps + ZD_MAPS; map++)
		WRITE_ONCE(map->pgmap.ops, ops);
}

/* The map that a page lies in. */
struct zd_map *zd_map_of(unsigned long off)
{
	int i = ZD_MAPS;

	while (--i > ZD_FIRST)
		if (off - zd.maps[i].first < zd.maps[i].pages)
			break;
	return &zd.maps[i];
}

/* What the pages of an owner name; NULL where there is no such device. */
void *zd_owner(u32 owner)
{
	return owner < ZD_MAPS && zd.maps[owner].pages ? &zd.maps[owner] : NULL;
}

/* Whether pages exist, all of them in the chunk or all of them coherent. */
bool zd_same_kind(unsigned long off, unsigned long n)
{
	unsigned long end = off < zd.pages ? zd.pages : zd.all;

	return off < end && n <= end - off;
}

struct page *zd_page(unsigned long off)
{
	if (off < zd.pages)
		return pfn_to_page(zd.pfn) + off;
	return zd.maps[ZD_COHERENT].base + (off - zd.pages);
}

/* The number of a page; @zd.all or more for one that is not of this module. */
unsigned long zd_offset_of_pfn(unsigned long pfn)
{
	const struct zd_map *coherent = &zd.maps[ZD_COHERENT];

	if (coherent->pages && pfn - page_to_pfn(coherent->base) < coherent->pages)
		return coherent->first + (pfn - page_to_pfn(coherent->base));
	return pfn - zd.pfn < zd.pages ? pfn - zd.pfn : max(pfn - zd.pfn, zd.all);
}

/* The contents of a page. CPUs reach coherent memory where it is. */
void *zd_backing(unsigned long off)
{
	if (off < zd.pages)
		return zd.backing + (off << PAGE_SHIFT);
	return page_address(zd_page(off));
}

static int zd_map_create(struct zd_map *map, enum memory_type type, phys_addr_t start,
			 unsigned long first, unsigned long pages)
{
	void *addr;

	map->pgmap.type = type;
	map->pgmap.ops = &zd_pagemap_ops;
	map->pgmap.owner = map;
	map->pgmap.nr_range = 1;
	map->pgmap.range.start = start;
	map->pgmap.range.end = start + (pages << PAGE_SHIFT) - 1;
	addr = memremap_pages(&map->pgmap, numa_node_id());
	if (IS_ERR(addr))
		return PTR_ERR(addr);
	map->base = pfn_to_page(PHYS_PFN(start));
	map->ref_base = zd_ref_sum(&map->pgmap.ref);
	map->first = first;
	map->pages = pages;
	return 0;
}

void zd_maps_destroy(void)
{
	struct zd_map *map;

	for (map = zd.maps; map < zd.maps + ZD_MAPS; map++) {
		if (map->pages)
			memunmap_pages(&map->pgmap);
		map->pages = 0;
	}
}

int zd_maps_create(phys_addr_t coherent)
{
	unsigned long second = zd.pages >= ZD_TWO_DEVICES ? ZD_SECOND_PAGES : 0;
	unsigned long first = zd.pages - second;
	int ret;

	ret = zd_map_create(&zd.maps[ZD_FIRST], MEMORY_DEVICE_PRIVATE, PFN_PHYS(zd.pfn), 0, first);
	if (!ret && second)
		ret = zd_map_create(&zd.maps[ZD_SECOND], MEMORY_DEVICE_PRIVATE,
				    PFN_PHYS(zd.pfn + first), first, second);
	if (!ret && coherent)
		ret = zd_map_create(&zd.maps[ZD_COHERENT], MEMORY_DEVICE_COHERENT, coherent,
				    zd.pages, ZD_COHERENT_PAGES);
	if (ret)
		zd_maps_destroy();
	return ret;
}

#endif
