/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Interface of /dev/zdplace.
 *
 * Page numbers are offsets in the chunk, from 0. Device-coherent pages, where
 * there are any, are numbered on behind the chunk. Raw struct pages of the
 * chunk are read with pread(): offset = page number * sizeof(struct page).
 * Behind them are the struct pages as the last ZDPLACE_IOC_REUSE found them in
 * its folio_free callback, then those of the coherent pages.
 *
 * mmap() makes folios of coherent pages, from the page number that the offset
 * says, and maps them with vm_insert_page().
 */
#ifndef ZDPLACE_H
#define ZDPLACE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Lock handling after initialisation, and the way to unlock or free. */
#define ZDPLACE_HOW_NONE	0
#define ZDPLACE_HOW_PAGE	1	/* unlock_page(), put_page(): as drivers do */
#define ZDPLACE_HOW_FOLIO	2	/* folio_unlock(), folio_put() on the cast */

#define ZDPLACE_F_UNSAFE	0x01	/* skip the book-keeping's refusals */
#define ZDPLACE_F_RMAPPABLE	0x02	/* init: as zone_device_folio_init() */
#define ZDPLACE_F_ZDD		0x04	/* init: write zone_device_data */
#define ZDPLACE_F_COMPOUND	0x08	/* migrate: MIGRATE_VMA_SELECT_COMPOUND */
#define ZDPLACE_F_ABORT		0x10	/* migrate: put destinations, then finalize */
#define ZDPLACE_F_FROM_DEVICE	0x20	/* migrate: MIGRATE_VMA_SELECT_DEVICE_PRIVATE too */
#define ZDPLACE_F_STRANGER	0x40	/* migrate, hmm: as a driver that does not own the pages */
#define ZDPLACE_F_READ		0x80	/* hmm: fault what cannot be read */
#define ZDPLACE_F_WRITE		0x100	/* hmm: fault what cannot be written */
#define ZDPLACE_F_HELD		0x200	/* migrate: a reference on each source up to finalize */
#define ZDPLACE_F_SYSTEM	0x400	/* back: MIGRATE_VMA_SELECT_SYSTEM too */
#define ZDPLACE_F_SYNCHRONOUS	0x800	/* swap: as fast as memory, nothing stays in its cache */
#define ZDPLACE_F_HOLD		0x1000	/* swap: from here on no write ends */
#define ZDPLACE_F_LET_GO	0x2000	/* swap: all writes end */

/* Devices; each has a page map of its own. Who asks for pages asks for those of one owner. */
#define ZDPLACE_OWNER_FIRST	0
#define ZDPLACE_OWNER_SECOND	1
#define ZDPLACE_OWNER_COHERENT	2
#define ZDPLACE_OWNERS		3

struct zdplace_init {
	__u32 pfn;
	__u32 order;
	__u32 unlock;
	__u32 flags;
	__u64 zdd;
};

struct zdplace_page {
	__u32 pfn;
	__u32 how;
	__u32 flags;
	__u32 pad;
};

/* A free whose folio_free callback makes a new folio of the pages at once. */
struct zdplace_reuse {
	__u32 pfn;	/* freed, as in struct zdplace_page */
	__u32 how;
	__u32 to;	/* first page of the new folio */
	__u32 order;	/* its order */
	__u32 done;	/* out: the callback came, and the new folio lives */
	__u32 pad;
};

struct zdplace_poke {
	__u32 pfn;
	__u32 byte;
	__u32 size;
	__u32 pad;
	__u64 value;
};

#define ZDPLACE_CB_FOLIO_FREE		0
#define ZDPLACE_CB_FOLIO_SPLIT		1
#define ZDPLACE_CB_MIGRATE_TO_RAM	2

#define ZDPLACE_NO_TAIL		(-1)

struct zdplace_event {
	__u32 fn;
	__u32 pfn;
	__u32 order;
	__s32 tail;	/* folio_split: page number of the new folio */
};

struct zdplace_counters {
	__s64 refs[ZDPLACE_OWNERS];	/* of each page map, relative to an idle one */
	__u64 freed;		/* folio_free callbacks since load */
	__u64 split;		/* folio_split callbacks since load */
	__u64 faults;		/* migrate_to_ram callbacks since load */
	__u64 bad_reads;	/* faults on a page that no migration has filled */
	__u32 live;		/* pages that the book-keeping holds to be live */
	__u32 migrated;		/* those of them that a migration has taken */
	__u64 events;		/* in: user pointer to struct zdplace_event[] */
	__u32 max_events;	/* in */
	__u32 nr_events;	/* out: oldest first, removed from the log */
	__u32 dropped;		/* out: events lost since the last call */
	__u32 early;		/* out: folio_free since the last call that saw too few refs */
	__u32 locked;		/* out: those that found a folio of user memory locked */
	__u32 pad;
};

/* What became of one entry of a migration. */
#define ZDPLACE_M_COLLECTED	0x01	/* migrate_vma_setup() took the source */
#define ZDPLACE_M_COMPOUND	0x02	/* the source is a PMD-mapped folio */
#define ZDPLACE_M_WRITE		0x04	/* the source was writable */
#define ZDPLACE_M_HOLE		0x08	/* there was no source page */
#define ZDPLACE_M_INIT		0x10	/* the destination was initialised */
#define ZDPLACE_M_MIGRATED	0x20	/* the destination is mapped now */

struct zdplace_entry {
	__u32 page;	/* source: page index from addr */
	__u32 pfn;	/* destination */
	__u32 order;	/* 0 or the PMD order */
	__u32 state;	/* out */
};

struct zdplace_migrate {
	__u64 addr;
	__u64 pages;
	__u64 entries;	/* user pointer to struct zdplace_entry[] */
	__u32 nr_entries;
	__u32 flags;
	__u32 owner;	/* of sources that are on a device */
	__u32 pad;
	__u64 cpages;	/* out: sum of migrate_vma.cpages */
	__u64 migrated;	/* out: pages */
};

/* Pages of a range of the caller go from the device of one owner to system memory. */
struct zdplace_back {
	__u64 addr;
	__u64 pages;
	__u32 owner;
	__u32 flags;
	__u64 cpages;	/* out: sum of migrate_vma.cpages */
	__u64 migrated;	/* out: pages */
};

#define ZDPLACE_SPLIT_OP_KEEP	0
#define ZDPLACE_SPLIT_OP_ON	1
#define ZDPLACE_SPLIT_OP_OFF	2

#define ZDPLACE_MAX_LINGER_US	100000
#define ZDPLACE_MAX_FREE_US	10000
#define ZDPLACE_MAX_LOCK_US	100000

struct zdplace_knobs {
	__u32 fail_large;	/* next n large allocations of the way back fail */
	__u32 split_op;		/* dev_pagemap_ops.folio_split, while nothing is live */
	__u32 fail_small;	/* the nth small allocation of a CPU fault fails; 0: none */
	__u32 linger_us;	/* a CPU fault sleeps so long before it collects and it copies */
	__u32 free_us;	/* folio_free waits so long, without sleep */
	__u32 lock_us;	/* the next folio_free locks a page that is not for so long; 0: none */
	__u64 lock_pfn;
};

/* What an eviction did with one entry of its src array. */
struct zdplace_evicted {
	__u64 src;	/* as the kernel's scan left it */
	__u32 state;	/* ZDPLACE_M_*; ZDPLACE_M_INIT: a destination was allocated */
	__u32 order;	/* of that destination */
};

struct zdplace_evict {
	__u32 pfn;	/* first page of the range; 0 with a list */
	__u32 n;	/* pages of the range or entries of the list */
	__u64 list;	/* user pointer to __u32[n]: page numbers; 0 for a range */
	__u64 entries;	/* user pointer to struct zdplace_evicted[n], out */
};

/* make_device_exclusive() of one page of the caller. */
struct zdplace_exclusive {
	__u64 addr;
};

#define ZDPLACE_H_VALID		0x1	/* HMM_PFN_VALID */
#define ZDPLACE_H_WRITE		0x2
#define ZDPLACE_H_ERROR		0x4

#define ZDPLACE_NO_PFN		0xffffffffU

struct zdplace_mirrored {
	__u32 state;	/* ZDPLACE_H_* */
	__u32 pfn;	/* of the device, or ZDPLACE_NO_PFN */
};

/* hmm_range_fault() of a range of the caller. */
struct zdplace_hmm {
	__u64 addr;
	__u32 n;	/* pages */
	__u32 flags;
	__u32 owner;
	__u32 pad;
	__u64 entries;	/* user pointer to struct zdplace_mirrored[n], out */
};

#define ZDPLACE_MAX_SWAP_PAGES	16384

/* The disk /dev/zdswap, with the header of a swap area. With HOLD or LET_GO the disk stays. */
struct zdplace_swap {
	__u32 pages;	/* its size; 0: it goes, once swapoff() has let go of it */
	__u32 flags;
};

struct zdplace_text {
	__u64 buf;
	__u32 size;
	__u32 len;	/* out: length of the text, also when it does not fit */
};

struct zdplace_reset {
	__u32 flags;
	__u32 pad;
};

#define ZDPLACE_IOC_TEXT	_IOWR('z', 0, struct zdplace_text)
#define ZDPLACE_IOC_INIT	_IOW('z', 1, struct zdplace_init)
#define ZDPLACE_IOC_UNLOCK	_IOW('z', 2, struct zdplace_page)
#define ZDPLACE_IOC_FREE	_IOW('z', 3, struct zdplace_page)
#define ZDPLACE_IOC_POKE	_IOW('z', 4, struct zdplace_poke)
#define ZDPLACE_IOC_RESET	_IOW('z', 5, struct zdplace_reset)
#define ZDPLACE_IOC_COUNTERS	_IOWR('z', 6, struct zdplace_counters)
#define ZDPLACE_IOC_MIGRATE	_IOWR('z', 7, struct zdplace_migrate)
#define ZDPLACE_IOC_KNOBS	_IOW('z', 8, struct zdplace_knobs)
#define ZDPLACE_IOC_EVICT	_IOW('z', 9, struct zdplace_evict)
#define ZDPLACE_IOC_REUSE	_IOWR('z', 10, struct zdplace_reuse)
#define ZDPLACE_IOC_EXCLUSIVE	_IOW('z', 11, struct zdplace_exclusive)
#define ZDPLACE_IOC_HMM		_IOW('z', 12, struct zdplace_hmm)
#define ZDPLACE_IOC_BACK	_IOWR('z', 13, struct zdplace_back)
#define ZDPLACE_IOC_SWAP	_IOW('z', 14, struct zdplace_swap)

#endif /* ZDPLACE_H */
