// SPDX-License-Identifier: GPL-2.0
/* The caller's memory as a device sees it that mirrors its page tables. */
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "zd.h"

#if defined(ZD_FEATURE) && defined(ZD_HAS_hmm_fault) && IS_ENABLED(CONFIG_HMM_MIRROR)

/* Racing changes make it begin again; nobody else keeps it busy for so long. */
#define ZD_HMM_TIMEOUT	(2 * HZ)

static bool zd_hmm_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	mmu_interval_set_seq(mni, seq);
	return true;
}

static const struct mmu_interval_notifier_ops zd_hmm_ops = {
	.invalidate	= zd_hmm_invalidate,
};

static int zd_hmm_look(struct hmm_range *range, struct mm_struct *mm)
{
	unsigned long end = jiffies + ZD_HMM_TIMEOUT;
	int ret;

	do {
		range->notifier_seq = mmu_interval_read_begin(range->notifier);
		mmap_read_lock(mm);
		ret = hmm_range_fault(range);
		mmap_read_unlock(mm);
		if (!ret && mmu_interval_read_retry(range->notifier, range->notifier_seq))
			ret = -EBUSY;
		cond_resched();
	} while (ret == -EBUSY && time_before(jiffies, end));
	return ret;
}

static u32 zd_hmm_pfn(unsigned long entry)
{
	unsigned long off = zd_offset_of_pfn(entry & ~HMM_PFN_FLAGS);

	return entry & HMM_PFN_VALID && off < zd.all ? off : ZDPLACE_NO_PFN;
}

static int zd_hmm_answer(const struct zdplace_hmm *arg, const unsigned long *pfns)
{
	struct zdplace_mirrored __user *to = u64_to_user_ptr(arg->entries);
	u32 i;

	for (i = 0; i < arg->n; i++) {
		struct zdplace_mirrored one = { .pfn = zd_hmm_pfn(pfns[i]) };

		if (pfns[i] & HMM_PFN_VALID)
			one.state |= ZDPLACE_H_VALID;
		if (pfns[i] & HMM_PFN_WRITE)
			one.state |= ZDPLACE_H_WRITE;
		if (pfns[i] & HMM_PFN_ERROR)
			one.state |= ZDPLACE_H_ERROR;
		if (copy_to_user(to + i, &one, sizeof(one)))
			return -EFAULT;
	}
	return 0;
}

int zd_hmm(const struct zdplace_hmm *arg)
{
	struct mm_struct *mm = current->mm;
	struct mmu_interval_notifier mni;
	struct hmm_range range = {
		.notifier = &mni,
		.start = arg->addr,
		.end = arg->addr + ((u64)arg->n << PAGE_SHIFT),
		.dev_private_owner = arg->flags & ZDPLACE_F_STRANGER ? (void *)&zd_hmm_ops :
								       zd_owner(arg->owner),
	};
	int ret;

	if (arg->addr & ~PAGE_MASK || !arg->n || arg->n > (1U << 20) ||
	    arg->addr > TASK_SIZE - ((u64)arg->n << PAGE_SHIFT) ||
	    !zd_owner(arg->owner) || arg->pad ||
	    arg->flags & ~(ZDPLACE_F_STRANGER | ZDPLACE_F_READ | ZDPLACE_F_WRITE))
		return -EINVAL;
	if (arg->flags & (ZDPLACE_F_READ | ZDPLACE_F_WRITE))
		range.default_flags = HMM_PFN_REQ_FAULT;
	if (arg->flags & ZDPLACE_F_WRITE)
		range.default_flags |= HMM_PFN_REQ_WRITE;
	range.hmm_pfns = kvcalloc(arg->n, sizeof(*range.hmm_pfns), GFP_KERNEL);
	if (!range.hmm_pfns)
		return -ENOMEM;
	ret = mmu_interval_notifier_insert(&mni, mm, range.start, range.end - range.start,
					   &zd_hmm_ops);
	if (!ret) {
		ret = zd_hmm_look(&range, mm);
		mmu_interval_notifier_remove(&mni);
	}
	if (!ret)
		ret = zd_hmm_answer(arg, range.hmm_pfns);
	kvfree(range.hmm_pfns);
	return ret;
}

#else

int zd_hmm(const struct zdplace_hmm *arg)
{
	return -EOPNOTSUPP;
}

#endif
