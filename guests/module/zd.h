/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the parts of the zdplace module. */
#ifndef ZD_H
#define ZD_H

#include <linux/fs.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "zdplace.h"
#include "zdplace_config.h"

/*
 * Large device-private folios need an init that takes an order, a free callback
 * that takes a folio, and compound migration entries. A tree that has the
 * functions in a form not known here must not be guessed at: it does not build.
 */
#if defined(ZD_HAS_init_3) || defined(ZD_HAS_init_2)
#define ZD_INIT_TAKES_ORDER 1
#elif defined(ZD_HAS_init_any) && !defined(ZD_HAS_init_1)
#error "module API: zone_device_page_init() has an unknown signature"
#endif

#if defined(ZD_HAS_op_folio_split_any) && !defined(ZD_HAS_op_folio_split)
#error "module API: dev_pagemap_ops.folio_split has an unknown signature"
#endif

#if (defined(ZD_HAS_migrate_range_any) && !defined(ZD_HAS_migrate_range)) || \
	(defined(ZD_HAS_migrate_pfns_any) && !defined(ZD_HAS_migrate_pfns))
#error "module API: migrate_device_range() or migrate_device_pfns() has an unknown signature"
#endif

#if !IS_ENABLED(CONFIG_DEVICE_PRIVATE)
#define ZD_WHY "CONFIG_DEVICE_PRIVATE is not set"
#elif !defined(ZD_INIT_TAKES_ORDER)
#define ZD_WHY "zone_device_page_init() takes no order: no large device-private folios"
#elif !defined(ZD_HAS_migrate_pfn_compound) || !defined(ZD_HAS_MIGRATE_VMA_SELECT_COMPOUND)
#define ZD_WHY "migrate_vma has no compound entries: no large device-private folios"
#elif !defined(ZD_HAS_op_folio_split)
#define ZD_WHY "dev_pagemap_ops has no folio_split: no large device-private folios"
#elif !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)
#define ZD_WHY "CONFIG_TRANSPARENT_HUGEPAGE is not set: no large device-private folios"
#else
#define ZD_FEATURE 1
#if !defined(ZD_HAS_op_folio_free) && !defined(ZD_HAS_op_folio_free_order)
#error "module API: dev_pagemap_ops.folio_free is missing or has an unknown signature"
#endif
#endif

/* Without a disk there are no steps with swap; all others are not about block devices. */
#if IS_ENABLED(CONFIG_SWAP) && defined(ZD_HAS_alloc_disk) && defined(ZD_HAS_disk_synchronous)
#define ZD_SWAP_DISK	1
#else
#define ZD_SWAP_DISK	0
#endif

#define ZD_PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define ZD_PMD_PAGES	(PMD_SIZE / PAGE_SIZE)

#define ZD_POISON	0xde	/* what an unfilled device page reads as */

#define ZD_LIVE		0x1	/* page of a folio that is in use */
#define ZD_LOCKED	0x2	/* on the head: init left it locked */
#define ZD_MIGRATED	0x4	/* taken by a migration: the core frees it */
#define ZD_DYING	0x8	/* on the head: this module drops its reference, or has done so */

/**
 * struct zd_slot - what this module believes of one device page
 * @flags: ZD_LIVE and so on
 * @order: order of the folio, on its head
 * @head: page number of the folio's head, on every page of it
 */
struct zd_slot {
	u8 flags;
	u8 order;
	u32 head;
};

/* Page maps, each of a device of its own: the address of its struct zd_map is its owner. */
enum {
	ZD_FIRST = ZDPLACE_OWNER_FIRST,
	ZD_SECOND = ZDPLACE_OWNER_SECOND,	/* the end of a large chunk */
	ZD_COHERENT = ZDPLACE_OWNER_COHERENT,	/* in reach of CPUs */
	ZD_MAPS,
};

/* Pages of the second map, and of the coherent one. */
#define ZD_SECOND_PAGES		ZD_PMD_PAGES
#define ZD_COHERENT_PAGES	ZD_PMD_PAGES
/* Chunks that are smaller are of one device. */
#define ZD_TWO_DEVICES		(4 * ZD_PMD_PAGES)

/**
 * struct zd_map - a page map
 * @pgmap: covers exactly @pages pages
 * @first: page number of its first page
 * @pages: its pages, 0: there is no such map
 * @base: struct page of @first
 * @ref_base: references on @pgmap when nothing is live
 */
struct zd_map {
	struct dev_pagemap pgmap;
	unsigned long first;
	unsigned long pages;
	struct page *base;
	long ref_base;
};

/**
 * struct zd_chunk - the device memory
 * @maps: page maps; the first two make up the chunk
 * @res: the region that the chunk lies in
 * @pages: number of device pages in the chunk
 * @all: the same with the coherent pages, which are numbered on
 * @used: @all if a folio was made of coherent pages since the last reset, else @pages
 * @pfn: first pfn of the chunk
 * @base: struct page of @pfn
 * @pristine: struct pages as memremap_pages() left them
 * @at_free: struct pages as the callback of the last reuse found them
 * @backing: contents of the chunk, PAGE_SIZE a page
 * @filled: pages that hold what a migration has written
 * @slots: book-keeping, under @lock
 * @migrated: pages that a migration has taken and that are live
 * @lock: protects @slots and @migrated
 * @busy: operations in flight
 * @scans: evictions in flight, which may hold references on any folio
 * @fail_large: large allocations of the way back that are to fail
 * @fail_small: small allocations of a fault up to the one that is to fail, 0: none is
 * @linger_us: how long a fault sleeps with the folio locked, in microseconds
 * @free_us: how long a folio_free callback takes, in microseconds
 * @early: folio_free callbacks that found fewer references than their folio has pages
 * @free_locked: folio_free callbacks that found a folio of user memory locked
 * @freed: folio_free callbacks
 * @split: folio_split callbacks
 * @faults: migrate_to_ram callbacks
 * @bad_reads: pages given back that no migration had filled
 */
struct zd_chunk {
	struct zd_map maps[ZD_MAPS];
	struct resource *res;
	unsigned long pages;
	unsigned long all;
	unsigned long used;
	unsigned long pfn;
	struct page *base;
	void *pristine;
	void *at_free;
	void *backing;
	unsigned long *filled;
	struct zd_slot *slots;
	u32 migrated;
	spinlock_t lock;	/* of @slots and @migrated */
	atomic_t busy;
	atomic_t scans;
	atomic_t fail_large;
	atomic_t fail_small;
	unsigned int linger_us;
	unsigned int free_us;
	atomic_t early;
	atomic_t free_locked;
	atomic64_t freed;
	atomic64_t split;
	atomic64_t faults;
	atomic64_t bad_reads;
};

extern struct zd_chunk zd;
extern bool zd_unsafe;
extern bool zd_split_op;

/* maps.c */
int zd_maps_create(phys_addr_t coherent);
void zd_maps_destroy(void);
void zd_maps_set_ops(const struct dev_pagemap_ops *ops);
void zd_maps_restore_refs(void);
long zd_refs(struct zd_map *map);
struct zd_map *zd_map_of(unsigned long off);
void *zd_owner(u32 owner);
bool zd_same_kind(unsigned long off, unsigned long n);
struct page *zd_page(unsigned long off);
unsigned long zd_offset_of_pfn(unsigned long pfn);
void *zd_backing(unsigned long off);

static inline unsigned long zd_offset(const struct page *page)
{
	return zd_offset_of_pfn(page_to_pfn(page));
}

static inline unsigned long zd_pfn(unsigned long off)
{
	return page_to_pfn(zd_page(off));
}

/* chunk.c */
int zd_chunk_create(unsigned long pages, phys_addr_t coherent);
void zd_chunk_destroy(void);
int zd_reset(const struct zdplace_reset *arg);
int zd_knobs(const struct zdplace_knobs *arg);

/* folio.c */
bool zd_fits(unsigned long off, unsigned int order);
int zd_claim(unsigned long off, unsigned int order, u8 flags, bool unsafe);
void zd_forget(unsigned long off);
void zd_forget_dying(unsigned long off);
u8 zd_slot_flags(unsigned long off);
void zd_split_slot(unsigned long off, unsigned int order);
void zd_split_unheard(unsigned long off, unsigned int order);
bool zd_any_live(void);
int zd_take(unsigned long off, u8 need, u8 clear, u8 set, bool unsafe);
void zd_put(unsigned long off, u32 how);
void zd_page_init(unsigned long off, unsigned int order, bool rmappable);
int zd_init_folio(const struct zdplace_init *arg);
int zd_unlock_folio(const struct zdplace_page *arg);
int zd_free_folio(const struct zdplace_page *arg);
int zd_poke(const struct zdplace_poke *arg);

/* holder.c */
void zd_holder_order(unsigned long pfn, unsigned int us);
void zd_holder_come(void);

/* reuse.c */
int zd_free_reuse(struct zdplace_reuse *arg);
void zd_reuse_freed(void);

/* migrate.c */
u32 zd_src_state(unsigned long src);
int zd_migrate(struct zdplace_migrate *arg);

/* fault.c */
bool zd_copy_back(struct page *to, unsigned long off);
bool zd_large_may_fail(void);
unsigned long zd_alloc_back(struct vm_area_struct *vma, unsigned long addr, unsigned int order,
			    unsigned long off);
vm_fault_t zd_migrate_to_ram(struct vm_fault *vmf);

/* back.c */
int zd_back(struct zdplace_back *arg);

/* insert.c */
int zd_mmap(struct file *file, struct vm_area_struct *vma);

/* evict.c */
int zd_evict(const struct zdplace_evict *arg);

/* exclusive.c */
int zd_exclusive(const struct zdplace_exclusive *arg);

/* hmm.c */
int zd_hmm(const struct zdplace_hmm *arg);

/* swap.c */
int zd_swap(const struct zdplace_swap *arg);
void zd_swap_destroy(void);

/* events.c */
int zd_events_create(void);
void zd_events_destroy(void);
void zd_event(u32 fn, u32 pfn, u32 order, s32 tail);
int zd_counters(struct zdplace_counters *arg);
#ifdef ZD_FEATURE
extern const struct dev_pagemap_ops zd_pagemap_ops;
extern const struct dev_pagemap_ops zd_pagemap_ops_no_split;
#endif

/* layout.c */
int zd_text(struct zdplace_text *arg);

#endif /* ZD_H */
