// SPDX-License-Identifier: GPL-2.0
/* Somebody else who locks a page while the core gives others back. */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pagemap.h>
#include <linux/workqueue.h>

#include "zd.h"

#ifdef ZD_FEATURE

static void zd_holder_run(struct work_struct *work);

static struct {
	atomic_t wanted;	/* page to lock, plus one; 0: none */
	unsigned int us;
	struct folio *folio;	/* held, with a reference */
} zd_holder;

static DECLARE_WORK(zd_holder_work, zd_holder_run);

/* Who has locked a folio may count on it: nobody else unlocks it. */
static void zd_holder_run(struct work_struct *work)
{
	struct folio *folio = zd_holder.folio;
	ktime_t end = ktime_add_us(ktime_get(), zd_holder.us);
	bool mine;

	/* Without sleep, not to miss that it is unlocked and locked again. */
	for (;;) {
		mine = folio_test_locked(folio);
		if (!mine || ktime_after(ktime_get(), end))
			break;
		udelay(1);
	}
	WARN(!mine, "zdplace: page %lu unlocked by somebody else\n", zd_offset(&folio->page));
	if (mine)
		folio_unlock(folio);
	folio_put(folio);
}

/*
 * The end of who came last, then the next one: at the next folio_free in which @pfn is not
 * locked, for @us.
 */
void zd_holder_order(unsigned long pfn, unsigned int us)
{
	atomic_set(&zd_holder.wanted, 0);
	flush_work(&zd_holder_work);
	zd_holder.us = us;
	if (us)
		atomic_set(&zd_holder.wanted, pfn + 1);
}

/* In folio_free. The one who holds it runs elsewhere: this processor goes on. */
void zd_holder_come(void)
{
	int wanted = atomic_read(&zd_holder.wanted);
	struct folio *folio;
	int cpu;

	if (!wanted)
		return;
	folio = page_folio(zd_page(wanted - 1));
	if (!folio_try_get(folio))
		return;
	if (!folio_trylock(folio)) {
		folio_put(folio);
		return;
	}
	if (atomic_cmpxchg(&zd_holder.wanted, wanted, 0) != wanted) {
		folio_unlock(folio);
		folio_put(folio);
		return;
	}
	zd_holder.folio = folio;
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	schedule_work_on(cpu < nr_cpu_ids ? cpu : raw_smp_processor_id(), &zd_holder_work);
}

#endif
