// SPDX-License-Identifier: GPL-2.0
/* Coherent pages in a VMA of the driver's own. */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "zd.h"

#ifdef ZD_FEATURE

/* Makes a folio of a coherent page and maps it; the mapping alone has a reference of it then. */
static int zd_insert_page(struct vm_area_struct *vma, unsigned long addr, unsigned long off)
{
	struct page *page = zd_page(off);
	int ret;

	ret = zd_claim(off, 0, ZD_MIGRATED, false);
	if (ret)
		return ret;
	zd_page_init(off, 0, true);
	unlock_page(page);
	memset(zd_backing(off), 0, PAGE_SIZE);
	ret = vm_insert_page(vma, addr, page);
	put_page(page);
	return ret;
}

/* What was mapped before a failure goes with the VMA. */
int zd_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long off = vma->vm_pgoff;
	unsigned long addr;
	int ret = 0;

	if (!zd.base)
		return -EOPNOTSUPP;
	if (!(vma->vm_flags & VM_SHARED) || off < zd.pages || !zd_same_kind(off, vma_pages(vma)))
		return -EINVAL;
	for (addr = vma->vm_start; addr < vma->vm_end && !ret; addr += PAGE_SIZE)
		ret = zd_insert_page(vma, addr, off++);
	return ret;
}

#else /* !ZD_FEATURE */

int zd_mmap(struct file *file, struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}

#endif
