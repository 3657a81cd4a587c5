// SPDX-License-Identifier: GPL-2.0
/* Migration of the caller's memory to chosen device pages. */
#include <linux/highmem.h>
#include <linux/mmap_lock.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "zd.h"

#ifdef ZD_FEATURE

#define ZD_MAX_PAGES	(256UL * 1024)

/**
 * struct zd_move - one migration request
 * @arg: the request
 * @entries: its table
 * @entry_of: for each page of the range 1 + index into @entries, or 0
 * @src: source entries of one window
 * @dst: destination entries of one window
 * @held: sources of one window that have a reference more
 */
struct zd_move {
	struct zdplace_migrate *arg;
	struct zdplace_entry *entries;
	u32 *entry_of;
	unsigned long *src;
	unsigned long *dst;
	struct page **held;
};

static void zd_move_free(struct zd_move *m)
{
	kvfree(m->entries);
	kvfree(m->entry_of);
	kvfree(m->src);
	kvfree(m->dst);
	kvfree(m->held);
}

static int zd_move_alloc(struct zd_move *m)
{
	struct zdplace_migrate *arg = m->arg;

	if (arg->addr & ~PAGE_MASK || !arg->pages || arg->pages > ZD_MAX_PAGES ||
	    arg->addr > TASK_SIZE - (arg->pages << PAGE_SHIFT) ||
	    arg->nr_entries > arg->pages || !zd_owner(arg->owner) || arg->pad ||
	    arg->flags & ~(ZDPLACE_F_COMPOUND | ZDPLACE_F_ABORT | ZDPLACE_F_FROM_DEVICE |
			    ZDPLACE_F_STRANGER | ZDPLACE_F_HELD))
		return -EINVAL;

	m->entries = kvmalloc_array(max(arg->nr_entries, 1U), sizeof(*m->entries), GFP_KERNEL);
	m->entry_of = kvcalloc(arg->pages, sizeof(*m->entry_of), GFP_KERNEL);
	m->src = kvcalloc(ZD_PMD_PAGES, sizeof(*m->src), GFP_KERNEL);
	m->dst = kvcalloc(ZD_PMD_PAGES, sizeof(*m->dst), GFP_KERNEL);
	m->held = kvcalloc(ZD_PMD_PAGES, sizeof(*m->held), GFP_KERNEL);
	if (!m->entries || !m->entry_of || !m->src || !m->dst || !m->held)
		return -ENOMEM;
	if (copy_from_user(m->entries, u64_to_user_ptr(arg->entries),
			   arg->nr_entries * sizeof(*m->entries)))
		return -EFAULT;
	return 0;
}

/* Nothing is touched unless every entry of the table can be had. */
static int zd_move_claim(struct zd_move *m)
{
	struct zdplace_migrate *arg = m->arg;
	struct zdplace_entry *e;
	u32 i;
	int ret;

	for (i = 0; i < arg->nr_entries; i++) {
		e = &m->entries[i];
		ret = -EINVAL;
		e->state = 0;
		if (e->page >= arg->pages || m->entry_of[e->page])
			goto undo;
		if (e->order && (e->order != ZD_PMD_ORDER ||
				 (arg->addr + ((u64)e->page << PAGE_SHIFT)) & ~PMD_MASK ||
				 arg->pages - e->page < ZD_PMD_PAGES))
			goto undo;
		ret = zd_claim(e->pfn, e->order, ZD_MIGRATED, false);
		if (ret)
			goto undo;
		m->entry_of[e->page] = i + 1;
	}
	return 0;
undo:
	while (i--)
		zd_forget(m->entries[i].pfn);
	return ret;
}

static void zd_fill(struct zdplace_entry *e, struct page *spage)
{
	unsigned long i, off = e->pfn;

	for (i = 0; i < 1UL << e->order; i++, off++) {
		if (spage && is_device_private_page(spage + i)) {
			memcpy(zd_backing(off), zd_backing(zd_offset(spage + i)), PAGE_SIZE);
		} else if (spage) {
			void *from = kmap_local_page(spage + i);

			memcpy(zd_backing(off), from, PAGE_SIZE);
			kunmap_local(from);
		} else {
			memset(zd_backing(off), 0, PAGE_SIZE);
		}
		set_bit(off, zd.filled);
	}
}

static unsigned long zd_take_dst(struct zdplace_entry *e, struct page *spage)
{
	unsigned long mpfn;

	zd_page_init(e->pfn, e->order, true);
	e->state |= ZDPLACE_M_INIT;
	zd_fill(e, spage);
	mpfn = migrate_pfn(zd_pfn(e->pfn));
	if (e->state & ZDPLACE_M_WRITE)
		mpfn |= MIGRATE_PFN_WRITE;
	if (e->order)
		mpfn |= MIGRATE_PFN_COMPOUND;
	return mpfn;
}

/* The state of a source entry, for whoever asked for the migration. */
u32 zd_src_state(unsigned long src)
{
	u32 state = 0;

	if (src & MIGRATE_PFN_MIGRATE)
		state |= ZDPLACE_M_COLLECTED;
	if (src & MIGRATE_PFN_COMPOUND)
		state |= ZDPLACE_M_COMPOUND;
	if (src & MIGRATE_PFN_WRITE)
		state |= ZDPLACE_M_WRITE;
	if (!(src & MIGRATE_PFN_VALID))
		state |= ZDPLACE_M_HOLE;
	return state;
}

static struct zdplace_entry *zd_entry(struct zd_move *m, unsigned long page)
{
	return m->entry_of[page] ? &m->entries[m->entry_of[page] - 1] : NULL;
}

/*
 * A PMD-mapped source that goes to order-0 pages: only the first entry has the
 * source, the rest of the window is empty until migrate_vma_pages() splits it.
 * The core splits only if the first page has a destination, and takes every
 * destination of a huge hole for granted (mm/migrate_device.c:
 * __migrate_device_pages()).
 */
static bool zd_can_split(struct zd_move *m, unsigned long first, unsigned long src)
{
	unsigned long i;

	for (i = 0; i < ZD_PMD_PAGES; i++) {
		struct zdplace_entry *e = zd_entry(m, first + i);

		if (e && !e->order)
			continue;
		if (!i || !(src & MIGRATE_PFN_VALID))
			return false;
	}
	return true;
}

static void zd_fill_window(struct zd_move *m, unsigned long first, unsigned long n)
{
	struct page *spage = NULL;
	struct zdplace_entry *e;
	unsigned long i, huge = 0;
	u32 huge_state = 0;

	for (i = 0; i < n; i++) {
		u32 state = zd_src_state(m->src[i]);
		struct page *page = migrate_pfn_to_page(m->src[i]);

		if (m->src[i] & MIGRATE_PFN_MIGRATE && m->src[i] & MIGRATE_PFN_COMPOUND) {
			e = zd_entry(m, first + i);
			if (n - i < ZD_PMD_PAGES)
				continue;
			if (e && e->order) {
				e->state = state;
				m->dst[i] = zd_take_dst(e, page);
				i += ZD_PMD_PAGES - 1;
				continue;
			}
			if (!zd_can_split(m, first + i, m->src[i])) {
				i += ZD_PMD_PAGES - 1;
				continue;
			}
			huge = i + ZD_PMD_PAGES;
			huge_state = state;
			spage = page;
		}
		e = zd_entry(m, first + i);
		if (!e)
			continue;
		if (i < huge) {
			e->state = huge_state;
			page = spage ? spage + (i + ZD_PMD_PAGES - huge) : NULL;
			m->dst[i] = zd_take_dst(e, page);
			continue;
		}
		e->state = state;
		if (m->src[i] & MIGRATE_PFN_MIGRATE && !e->order)
			m->dst[i] = zd_take_dst(e, page);
	}
}

/* As a driver whose copy failed: its pages go back, the sources stay. */
static void zd_abort_window(struct zd_move *m, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		struct page *dpage = migrate_pfn_to_page(m->dst[i]);

		m->dst[i] = 0;
		if (dpage) {
			unlock_page(dpage);
			put_page(dpage);
		}
	}
}

/*
 * As somebody who comes upon the folio by its pfn (compaction, a scan for poisoned
 * memory): after migrate_device_unmap() has looked at the references, before
 * migrate_vma_pages() needs them to be the expected ones.
 */
static void zd_hold_window(struct zd_move *m, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		struct page *page = migrate_pfn_to_page(m->src[i]);

		m->held[i] = page && m->src[i] & MIGRATE_PFN_MIGRATE ? page : NULL;
		if (m->held[i])
			get_page(page);
	}
}

static void zd_let_go(struct zd_move *m, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++)
		if (m->held[i])
			put_page(m->held[i]);
}

static void zd_account_window(struct zd_move *m, unsigned long first, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		struct zdplace_entry *e = zd_entry(m, first + i);

		if (!e || !m->dst[i] || !(m->src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		e->state |= ZDPLACE_M_MIGRATED;
		m->arg->migrated += 1UL << e->order;
	}
}

static int zd_move_window(struct zd_move *m, struct vm_area_struct *vma,
			  unsigned long start, unsigned long end)
{
	unsigned long first = (start - m->arg->addr) >> PAGE_SHIFT;
	struct migrate_vma args = {
		.vma		= vma,
		.src		= m->src,
		.dst		= m->dst,
		.start		= start,
		.end		= end,
		.pgmap_owner	= zd_owner(m->arg->owner),
		.flags		= MIGRATE_VMA_SELECT_SYSTEM,
	};
	int ret;

	if (m->arg->flags & ZDPLACE_F_COMPOUND)
		args.flags |= MIGRATE_VMA_SELECT_COMPOUND;
	if (m->arg->flags & ZDPLACE_F_FROM_DEVICE)
		args.flags |= m->arg->owner == ZD_COHERENT ? MIGRATE_VMA_SELECT_DEVICE_COHERENT :
							     MIGRATE_VMA_SELECT_DEVICE_PRIVATE;
	if (m->arg->flags & ZDPLACE_F_STRANGER)
		args.pgmap_owner = (void *)&zd_pagemap_ops;
	memset(m->src, 0, ZD_PMD_PAGES * sizeof(*m->src));
	memset(m->dst, 0, ZD_PMD_PAGES * sizeof(*m->dst));

	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	m->arg->cpages += args.cpages;
	zd_fill_window(m, first, args.npages);
	if (m->arg->flags & ZDPLACE_F_ABORT)
		zd_abort_window(m, args.npages);
	if (m->arg->flags & ZDPLACE_F_HELD)
		zd_hold_window(m, args.npages);
	migrate_vma_pages(&args);
	zd_account_window(m, first, args.npages);
	migrate_vma_finalize(&args);
	if (m->arg->flags & ZDPLACE_F_HELD)
		zd_let_go(m, args.npages);
	return 0;
}

static bool zd_window_wanted(struct zd_move *m, unsigned long start, unsigned long end)
{
	unsigned long i;

	for (i = start; i < end; i += PAGE_SIZE)
		if (m->entry_of[(i - m->arg->addr) >> PAGE_SHIFT])
			return true;
	return false;
}

static int zd_move_range(struct zd_move *m)
{
	unsigned long addr = m->arg->addr;
	unsigned long end = addr + (m->arg->pages << PAGE_SHIFT);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long next;
	int ret = 0;

	mmap_read_lock(mm);
	for (; addr < end && !ret; addr = next) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start >= end)
			break;
		addr = max(addr, vma->vm_start);
		next = min3(end, vma->vm_end, (addr & PMD_MASK) + PMD_SIZE);
		if (zd_window_wanted(m, addr, next))
			ret = zd_move_window(m, vma, addr, next);
	}
	mmap_read_unlock(mm);
	return ret;
}

int zd_migrate(struct zdplace_migrate *arg)
{
	struct zd_move m = { .arg = arg };
	u32 i;
	int ret;

	arg->cpages = 0;
	arg->migrated = 0;
	ret = zd_move_alloc(&m);
	if (!ret)
		ret = zd_move_claim(&m);
	if (ret)
		goto free;

	ret = zd_move_range(&m);
	for (i = 0; i < arg->nr_entries; i++)
		if (!(m.entries[i].state & ZDPLACE_M_INIT))
			zd_forget(m.entries[i].pfn);
	if (!ret && copy_to_user(u64_to_user_ptr(arg->entries), m.entries,
				 arg->nr_entries * sizeof(*m.entries)))
		ret = -EFAULT;
free:
	zd_move_free(&m);
	return ret;
}

#else /* !ZD_FEATURE */

int zd_migrate(struct zdplace_migrate *arg)
{
	return -EOPNOTSUPP;
}

#endif
