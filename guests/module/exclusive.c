// SPDX-License-Identifier: GPL-2.0
/* Exclusive access of a device to single pages of the caller's memory. */
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>

#include "zd.h"

#if defined(ZD_FEATURE) && defined(ZD_HAS_exclusive)

/* As a driver after it programmed its device: the entry stays until the CPU asks for the page. */
int zd_exclusive(const struct zdplace_exclusive *arg)
{
	struct mm_struct *mm = current->mm;
	struct folio *folio;
	struct page *page;
	int ret;

	if (arg->addr & ~PAGE_MASK || arg->addr > TASK_SIZE - PAGE_SIZE)
		return -EINVAL;
	mmap_read_lock(mm);
	page = make_device_exclusive(mm, arg->addr, zd_owner(ZD_FIRST), &folio);
	ret = PTR_ERR_OR_ZERO(page);
	if (!ret) {
		folio_unlock(folio);
		folio_put(folio);
	}
	mmap_read_unlock(mm);
	return ret;
}

#else

int zd_exclusive(const struct zdplace_exclusive *arg)
{
	return -EOPNOTSUPP;
}

#endif
