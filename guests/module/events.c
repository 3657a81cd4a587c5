// SPDX-License-Identifier: GPL-2.0
/* Callbacks of the page map, and their log. */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "zd.h"

#ifdef ZD_FEATURE

#define ZD_EVENTS	8192	/* a power of two; one order-9 split makes 512 */
#define ZD_BATCH	(PAGE_SIZE / sizeof(struct zdplace_event))

static struct {
	spinlock_t lock;	/* protects all of it */
	struct zdplace_event *ring;
	unsigned int head;
	unsigned int tail;
	unsigned int dropped;
} zd_log;

int zd_events_create(void)
{
	spin_lock_init(&zd_log.lock);
	zd_log.ring = vzalloc(ZD_EVENTS * sizeof(*zd_log.ring));
	return zd_log.ring ? 0 : -ENOMEM;
}

void zd_events_destroy(void)
{
	vfree(zd_log.ring);
	zd_log.ring = NULL;
}

void zd_event(u32 fn, u32 pfn, u32 order, s32 tail)
{
	unsigned long irq;

	spin_lock_irqsave(&zd_log.lock, irq);
	if (zd_log.head - zd_log.tail == ZD_EVENTS) {
		zd_log.dropped++;
	} else {
		zd_log.ring[zd_log.head++ % ZD_EVENTS] = (struct zdplace_event) {
			.fn = fn, .pfn = pfn, .order = order, .tail = tail,
		};
	}
	spin_unlock_irqrestore(&zd_log.lock, irq);
}

static unsigned int zd_take_events(struct zdplace_event *batch, unsigned int max)
{
	unsigned long irq;
	unsigned int n;

	spin_lock_irqsave(&zd_log.lock, irq);
	for (n = 0; n < max && zd_log.tail != zd_log.head; n++)
		batch[n] = zd_log.ring[zd_log.tail++ % ZD_EVENTS];
	spin_unlock_irqrestore(&zd_log.lock, irq);
	return n;
}

static int zd_copy_events(struct zdplace_counters *arg)
{
	struct zdplace_event __user *dst = u64_to_user_ptr(arg->events);
	struct zdplace_event *batch;
	unsigned int n;
	int ret = 0;

	arg->nr_events = 0;
	if (READ_ONCE(zd_log.head) == READ_ONCE(zd_log.tail))
		return 0;
	batch = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!batch)
		return -ENOMEM;
	while (arg->nr_events < arg->max_events) {
		n = zd_take_events(batch, min_t(u32, ZD_BATCH, arg->max_events - arg->nr_events));
		if (!n)
			break;
		if (copy_to_user(dst + arg->nr_events, batch, n * sizeof(*batch))) {
			ret = -EFAULT;
			break;
		}
		arg->nr_events += n;
	}
	kfree(batch);
	return ret;
}

int zd_counters(struct zdplace_counters *arg)
{
	unsigned long irq, off;
	int ret, i;

	ret = zd_copy_events(arg);
	if (ret)
		return ret;

	spin_lock_irqsave(&zd_log.lock, irq);
	arg->dropped = zd_log.dropped;
	zd_log.dropped = 0;
	spin_unlock_irqrestore(&zd_log.lock, irq);

	arg->live = 0;
	spin_lock_irqsave(&zd.lock, irq);
	for (off = 0; off < zd.used; off++)
		arg->live += !!(zd.slots[off].flags & ZD_LIVE);
	arg->migrated = zd.migrated;
	spin_unlock_irqrestore(&zd.lock, irq);

	arg->early = atomic_xchg(&zd.early, 0);
	arg->locked = atomic_xchg(&zd.free_locked, 0);
	arg->pad = 0;
	for (i = 0; i < ZD_MAPS; i++)
		arg->refs[i] = zd_refs(&zd.maps[i]);
	arg->freed = atomic64_read(&zd.freed);
	arg->split = atomic64_read(&zd.split);
	arg->faults = atomic64_read(&zd.faults);
	arg->bad_reads = atomic64_read(&zd.bad_reads);
	return 0;
}

/* Nobody's data any more. In coherent memory whoever still reads it has to see that. */
static void zd_empty(unsigned long off)
{
	clear_bit(off, zd.filled);
	if (off >= zd.pages)
		memset(zd_backing(off), ZD_POISON, PAGE_SIZE);
}

/*
 * A driver that has much to do for a page that it gets back. The core may be in
 * the middle of something, with page tables locked: no sleep.
 */
static void zd_free_slowly(void)
{
	unsigned int us = READ_ONCE(zd.free_us);

	for (; us > 1000; us -= 1000)
		mdelay(1);
	udelay(us);
}

/* What the core says is freed is freed, as for a driver: also when it is wrong. */
static void zd_freed(struct folio *folio, unsigned int order)
{
	unsigned long off = zd_offset(&folio->page);
	struct zd_map *map = zd_map_of(off);
	unsigned long nr = 1UL << order;

	atomic64_inc(&zd.freed);
	/*
	 * With its last reference memunmap_pages() goes on and takes the struct
	 * pages away: those of this folio must still be there. While others take
	 * and put references the sum may be off.
	 */
	if (zd_refs(map) < (long)nr)
		atomic_inc(&zd.early);
	zd_event(ZDPLACE_CB_FOLIO_FREE, off, order, ZDPLACE_NO_TAIL);
	zd_holder_come();
	zd_free_slowly();
	if (off >= zd.all)
		return;
	/*
	 * Whoever unlocks it after this may find another folio there. This module's
	 * own folios may be freed locked, to see what the next init makes of it.
	 */
	if (zd_slot_flags(off) & ZD_MIGRATED && folio_test_locked(folio))
		atomic_inc(&zd.free_locked);
	/* The core asks no driver of coherent memory (zone_device_private_split_cb()). */
	if ((READ_ONCE(map->pgmap.ops) == &zd_pagemap_ops_no_split || off >= zd.pages) &&
	    !(zd_slot_flags(off) & ZD_DYING))
		zd_split_unheard(off, order);
	for (; nr; nr--)
		if (off + nr <= zd.all)
			zd_empty(off + nr - 1);
	zd_forget(off);
	zd_reuse_freed();
}

#ifdef ZD_HAS_op_folio_free_order
static void zd_folio_free(struct folio *folio, unsigned int order)
{
	zd_freed(folio, order);
}
#else
static void zd_folio_free(struct folio *folio)
{
	zd_freed(folio, folio_order(folio));
}
#endif

/*
 * As the default of zone_device_private_split_cb() (include/linux/memremap.h);
 * zone_device_data is the driver's and stays as it is.
 */
static void zd_folio_split(struct folio *head, struct folio *tail)
{
	struct folio *folio = tail ? tail : head;
	s32 tail_off = tail ? (s32)zd_offset(&tail->page) : ZDPLACE_NO_TAIL;

	if (tail) {
		tail->pgmap = head->pgmap;
		tail->page.mapping = head->page.mapping;
	}
	atomic64_inc(&zd.split);
	zd_event(ZDPLACE_CB_FOLIO_SPLIT, zd_offset(&head->page), folio_order(folio), tail_off);
	zd_split_slot(zd_offset(&folio->page), folio_order(folio));
}

const struct dev_pagemap_ops zd_pagemap_ops = {
	.folio_free	= zd_folio_free,
	.folio_split	= zd_folio_split,
	.migrate_to_ram	= zd_migrate_to_ram,
};

/* The core then restores page map and mapping of the new folios itself. */
const struct dev_pagemap_ops zd_pagemap_ops_no_split = {
	.folio_free	= zd_folio_free,
	.migrate_to_ram	= zd_migrate_to_ram,
};

#else /* !ZD_FEATURE */

int zd_counters(struct zdplace_counters *arg)
{
	return -EOPNOTSUPP;
}

#endif
