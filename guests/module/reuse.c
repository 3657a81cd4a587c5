// SPDX-License-Identifier: GPL-2.0
/*
 * A free whose folio_free callback makes another folio of the pages at once, as
 * a driver does that has somebody waiting for memory. The core must not touch
 * the folio any more once the callback was called.
 */
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include "zd.h"

#ifdef ZD_FEATURE

/**
 * struct zd_reuse - what the callback is to do
 * @task: whose free it is: in that task the callback may sleep, which an init does
 * @arg: the request
 */
static struct zd_reuse {
	struct task_struct *task;
	struct zdplace_reuse *arg;
} zd_reuse;

static DEFINE_MUTEX(zd_reuse_lock);

/* From folio_free: nothing unless a request of this task waits for it. */
void zd_reuse_freed(void)
{
	struct zdplace_reuse *arg;

	if (READ_ONCE(zd_reuse.task) != current)
		return;
	WRITE_ONCE(zd_reuse.task, NULL);
	arg = zd_reuse.arg;
	memcpy(zd.at_free, zd.base, zd.pages * sizeof(struct page));
	/* The core may have named another folio. */
	zd_forget_dying(arg->pfn);
	if (zd_claim(arg->to, arg->order, 0, false))
		return;
	zd_page_init(arg->to, arg->order, true);
	unlock_page(zd_page(arg->to));
	arg->done = 1;
}

/* Whether the new folio gets free pages only, and such of the folio that is freed. */
static bool zd_may_reuse(const struct zdplace_reuse *arg)
{
	unsigned long irq, i;
	bool free = true;

	spin_lock_irqsave(&zd.lock, irq);
	for (i = arg->to; i < arg->to + (1UL << arg->order) && free; i++)
		free = !(zd.slots[i].flags & ZD_LIVE) || zd.slots[i].head == arg->pfn;
	spin_unlock_irqrestore(&zd.lock, irq);
	return free;
}

int zd_free_reuse(struct zdplace_reuse *arg)
{
	int ret;

	arg->done = 0;
	if (arg->pad || (arg->how != ZDPLACE_HOW_PAGE && arg->how != ZDPLACE_HOW_FOLIO) ||
	    !zd_fits(arg->to, arg->order) || arg->to & ((1UL << arg->order) - 1))
		return -EINVAL;
	mutex_lock(&zd_reuse_lock);
	ret = zd_take(arg->pfn, ZD_LIVE, 0, 0, false);
	if (!ret && !zd_may_reuse(arg))
		ret = -EBUSY;
	if (!ret)
		ret = zd_take(arg->pfn, ZD_LIVE, 0, ZD_DYING, false);
	if (!ret) {
		zd_reuse.arg = arg;
		WRITE_ONCE(zd_reuse.task, current);
		zd_put(arg->pfn, arg->how);
		WRITE_ONCE(zd_reuse.task, NULL);
	}
	mutex_unlock(&zd_reuse_lock);
	return ret;
}

#else /* !ZD_FEATURE */

int zd_free_reuse(struct zdplace_reuse *arg)
{
	return -EOPNOTSUPP;
}

#endif
