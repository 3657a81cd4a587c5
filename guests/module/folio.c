// SPDX-License-Identifier: GPL-2.0
/* Single folios: book-keeping, initialisation, unlock, free, poke. */
#include <linux/module.h>
#include <linux/pagemap.h>

#include "zd.h"

#ifdef ZD_FEATURE

bool zd_fits(unsigned long off, unsigned int order)
{
	return order <= ZD_PMD_ORDER && zd_same_kind(off, 1UL << order);
}

/**
 * zd_claim() - mark the pages of a new folio as live
 * @off: page number of the head
 * @order: its order
 * @flags: ZD_LOCKED, ZD_MIGRATED
 * @unsafe: also where it is misaligned or overlaps a live folio
 *
 * Return: 0, -EINVAL (misaligned, out of the chunk), -EBUSY (overlap).
 */
int zd_claim(unsigned long off, unsigned int order, u8 flags, bool unsafe)
{
	unsigned long irq, i, n = 1UL << order;
	int ret = 0;

	if (!zd_fits(off, order))
		return -EINVAL;
	if (off & (n - 1) && !unsafe)
		return -EINVAL;

	spin_lock_irqsave(&zd.lock, irq);
	for (i = off; i < off + n && !unsafe; i++) {
		if (zd.slots[i].flags & ZD_LIVE) {
			ret = -EBUSY;
			goto unlock;
		}
	}
	for (i = off; i < off + n; i++) {
		zd.slots[i].flags = ZD_LIVE | (flags & ZD_MIGRATED);
		zd.slots[i].head = off;
		zd.slots[i].order = 0;
	}
	zd.slots[off].order = order;
	zd.slots[off].flags |= flags;
	if (off >= zd.pages)
		zd.used = zd.all;
	if (flags & ZD_MIGRATED) {
		/* A mapped folio calls back into this module. */
		if (!zd.migrated)
			__module_get(THIS_MODULE);
		zd.migrated += n;
	}
unlock:
	spin_unlock_irqrestore(&zd.lock, irq);
	return ret;
}

/* Under zd.lock. */
static void zd_forget_locked(unsigned long off)
{
	unsigned long i, n;

	if (!(zd.slots[off].flags & ZD_LIVE) || zd.slots[off].head != off)
		return;
	n = 1UL << zd.slots[off].order;
	if (zd.slots[off].flags & ZD_MIGRATED) {
		zd.migrated -= n;
		if (!zd.migrated)
			module_put(THIS_MODULE);
	}
	for (i = off; i < off + n; i++)
		if (zd.slots[i].head == off)
			zd.slots[i].flags = 0;
}

/* The folio headed at @off is gone; nothing where no folio is headed there. */
void zd_forget(unsigned long off)
{
	unsigned long irq;

	spin_lock_irqsave(&zd.lock, irq);
	zd_forget_locked(off);
	spin_unlock_irqrestore(&zd.lock, irq);
}

/* The same, unless the callback has forgotten the folio of zd_put() before. */
void zd_forget_dying(unsigned long off)
{
	unsigned long irq;

	spin_lock_irqsave(&zd.lock, irq);
	if (zd.slots[off].flags & ZD_DYING) {
		zd.slots[off].flags &= ~ZD_DYING;
		zd_forget_locked(off);
	}
	spin_unlock_irqrestore(&zd.lock, irq);
}

u8 zd_slot_flags(unsigned long off)
{
	unsigned long irq;
	u8 flags;

	spin_lock_irqsave(&zd.lock, irq);
	flags = zd.slots[off].flags;
	spin_unlock_irqrestore(&zd.lock, irq);
	return flags;
}

/* A split made a folio of @order headed at @off. */
void zd_split_slot(unsigned long off, unsigned int order)
{
	unsigned long irq, i;

	if (!zd_fits(off, order))
		return;
	spin_lock_irqsave(&zd.lock, irq);
	for (i = off; i < off + (1UL << order); i++)
		zd.slots[i].head = off;
	zd.slots[off].order = order;
	spin_unlock_irqrestore(&zd.lock, irq);
}

/*
 * A folio of @order headed at @off is freed. Where the page map has no
 * folio_split, that is the first word about a split; all pieces of a split are
 * of one order.
 */
void zd_split_unheard(unsigned long off, unsigned int order)
{
	unsigned long irq, head, i, n;

	spin_lock_irqsave(&zd.lock, irq);
	head = zd.slots[off].head;
	if (!(zd.slots[off].flags & ZD_LIVE) || zd.slots[head].order <= order)
		goto unlock;
	n = 1UL << zd.slots[head].order;
	for (i = 0; i < n; i++) {
		zd.slots[head + i].head = head + (i & ~((1UL << order) - 1));
		zd.slots[head + i].order = order;
	}
unlock:
	spin_unlock_irqrestore(&zd.lock, irq);
}

bool zd_any_live(void)
{
	unsigned long irq, off;
	bool live = false;

	spin_lock_irqsave(&zd.lock, irq);
	for (off = 0; off < zd.used && !live; off++)
		live = zd.slots[off].flags & ZD_LIVE;
	spin_unlock_irqrestore(&zd.lock, irq);
	return live;
}

/*
 * A folio that may be mapped is made by the kernel's own
 * zone_device_folio_init() (include/linux/memremap.h), where it has the known
 * signature. The folio is named by a cast: page_folio() of a page with stale
 * state would name another one.
 */
void zd_page_init(unsigned long off, unsigned int order, bool rmappable)
{
	struct page *page = zd_page(off);
	struct folio *folio = (struct folio *)page;

#ifdef ZD_HAS_folio_init_3
	if (rmappable) {
		zone_device_folio_init(folio, &zd_map_of(off)->pgmap, order);
		return;
	}
#endif
#ifdef ZD_HAS_init_3
	zone_device_page_init(page, &zd_map_of(off)->pgmap, order);
#else
	zone_device_page_init(page, order);
#endif
	if (order && rmappable)
		folio_set_large_rmappable(folio);
}

static void zd_unlock_page(struct page *page, u32 how)
{
	if (how == ZDPLACE_HOW_PAGE)
		unlock_page(page);
	else if (how == ZDPLACE_HOW_FOLIO)
		folio_unlock((struct folio *)page);
}

static int zd_allow_unsafe(u32 flags, bool *unsafe)
{
	*unsafe = flags & ZDPLACE_F_UNSAFE;
	return *unsafe && !zd_unsafe ? -EPERM : 0;
}

int zd_init_folio(const struct zdplace_init *arg)
{
	struct page *page = zd_page(arg->pfn);
	bool unsafe;
	int ret;

	if (arg->flags & ~(ZDPLACE_F_UNSAFE | ZDPLACE_F_RMAPPABLE | ZDPLACE_F_ZDD) ||
	    arg->unlock > ZDPLACE_HOW_FOLIO)
		return -EINVAL;
	ret = zd_allow_unsafe(arg->flags, &unsafe);
	if (ret)
		return ret;
	ret = zd_claim(arg->pfn, arg->order,
		       arg->unlock == ZDPLACE_HOW_NONE ? ZD_LOCKED : 0, unsafe);
	if (ret)
		return ret;

	zd_page_init(arg->pfn, arg->order, arg->flags & ZDPLACE_F_RMAPPABLE);
	if (arg->flags & ZDPLACE_F_ZDD)
		page->zone_device_data = (void *)(unsigned long)arg->zdd;
	zd_unlock_page(page, arg->unlock);
	return 0;
}

/*
 * Checks that @off heads a folio of this module's own and takes @clear from
 * its flags, to which @set is added. The core's own state is not asked: it may
 * be what is wrong.
 */
int zd_take(unsigned long off, u8 need, u8 clear, u8 set, bool unsafe)
{
	unsigned long irq;
	struct zd_slot *slot;
	int ret = 0;

	if (off >= zd.all)
		return -EINVAL;
	slot = &zd.slots[off];
	spin_lock_irqsave(&zd.lock, irq);
	if (!unsafe && ((slot->flags & need) != need || slot->head != off ||
			slot->flags & (ZD_MIGRATED | ZD_DYING)))
		ret = -EINVAL;
	else
		slot->flags = (slot->flags & ~clear) | set;
	spin_unlock_irqrestore(&zd.lock, irq);
	return ret;
}

int zd_unlock_folio(const struct zdplace_page *arg)
{
	bool unsafe;
	int ret;

	if (arg->flags & ~ZDPLACE_F_UNSAFE || arg->pad ||
	    (arg->how != ZDPLACE_HOW_PAGE && arg->how != ZDPLACE_HOW_FOLIO))
		return -EINVAL;
	ret = zd_allow_unsafe(arg->flags, &unsafe);
	if (ret)
		return ret;
	ret = zd_take(arg->pfn, ZD_LIVE | ZD_LOCKED, ZD_LOCKED, 0, unsafe);
	if (ret)
		return ret;
	zd_unlock_page(zd_page(arg->pfn), arg->how);
	return 0;
}

/*
 * Drops this module's reference of the folio that @off heads, which zd_take()
 * has set ZD_DYING for. A scan of an eviction may hold another, and then the
 * pages are nobody's before its end: the callback says so.
 */
void zd_put(unsigned long off, u32 how)
{
	struct page *page = zd_page(off);

	if (how == ZDPLACE_HOW_PAGE)
		put_page(page);
	else
		folio_put((struct folio *)page);
	/* The callback forgets the folio that the core names, which may be another. */
	if (!atomic_read_acquire(&zd.scans))
		zd_forget_dying(off);
}

int zd_free_folio(const struct zdplace_page *arg)
{
	bool unsafe;
	int ret;

	if (arg->flags & ~ZDPLACE_F_UNSAFE || arg->pad ||
	    (arg->how != ZDPLACE_HOW_PAGE && arg->how != ZDPLACE_HOW_FOLIO))
		return -EINVAL;
	ret = zd_allow_unsafe(arg->flags, &unsafe);
	if (ret)
		return ret;
	ret = zd_take(arg->pfn, ZD_LIVE, 0, ZD_DYING, unsafe);
	if (ret)
		return ret;
	zd_put(arg->pfn, arg->how);
	return 0;
}

int zd_poke(const struct zdplace_poke *arg)
{
	void *p;

	if (!zd_unsafe)
		return -EPERM;
	if (arg->pfn >= zd.all || arg->byte >= sizeof(struct page) ||
	    (arg->size != 1 && arg->size != 2 && arg->size != 4 && arg->size != 8) ||
	    arg->byte % arg->size)
		return -EINVAL;
	p = (void *)zd_page(arg->pfn) + arg->byte;
	switch (arg->size) {
	case 1:
		WRITE_ONCE(*(u8 *)p, arg->value);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)p, arg->value);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)p, arg->value);
		break;
	case 8:
		WRITE_ONCE(*(u64 *)p, arg->value);
		break;
	}
	return 0;
}

#else /* !ZD_FEATURE */

int zd_init_folio(const struct zdplace_init *arg)
{
	return -EOPNOTSUPP;
}

int zd_unlock_folio(const struct zdplace_page *arg)
{
	return -EOPNOTSUPP;
}

int zd_free_folio(const struct zdplace_page *arg)
{
	return -EOPNOTSUPP;
}

int zd_poke(const struct zdplace_poke *arg)
{
	return -EOPNOTSUPP;
}

#endif
