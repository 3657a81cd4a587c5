// SPDX-License-Identifier: GPL-2.0
/*
 * zdplace: device-private memory whose user chooses which device page is used
 * at which order. Made to find state that one life of a page leaves behind for
 * the next one.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "zd.h"

static unsigned long pages = 2048;
module_param(pages, ulong, 0444);
MODULE_PARM_DESC(pages, "Number of device pages, a multiple of a huge page (default 2048)");

static unsigned long coherent;
module_param(coherent, ulong, 0444);
MODULE_PARM_DESC(coherent, "Address of reserved memory for device-coherent pages, 2 MiB (default: none)");

bool zd_unsafe;
module_param_named(unsafe, zd_unsafe, bool, 0444);
MODULE_PARM_DESC(unsafe, "Allow requests that can crash the kernel: poke, unsafe init");

bool zd_split_op = true;
module_param_named(folio_split, zd_split_op, bool, 0444);
MODULE_PARM_DESC(folio_split, "Whether the page map has a folio_split operation (default y)");

static int zd_get_arg(void *dst, const void __user *src, unsigned int cmd)
{
	return copy_from_user(dst, src, _IOC_SIZE(cmd)) ? -EFAULT : 0;
}

static long zd_run(unsigned int cmd, void __user *uarg)
{
	union {
		struct zdplace_init init;
		struct zdplace_page page;
		struct zdplace_reuse reuse;
		struct zdplace_poke poke;
		struct zdplace_migrate migrate;
		struct zdplace_evict evict;
		struct zdplace_knobs knobs;
		struct zdplace_exclusive exclusive;
		struct zdplace_hmm hmm;
		struct zdplace_back back;
		struct zdplace_swap swap;
	} arg;
	int ret;

	if (_IOC_SIZE(cmd) > sizeof(arg))
		return -ENOTTY;
	ret = zd_get_arg(&arg, uarg, cmd);
	if (ret)
		return ret;

	switch (cmd) {
	case ZDPLACE_IOC_INIT:
		return zd_init_folio(&arg.init);
	case ZDPLACE_IOC_UNLOCK:
		return zd_unlock_folio(&arg.page);
	case ZDPLACE_IOC_FREE:
		return zd_free_folio(&arg.page);
	case ZDPLACE_IOC_POKE:
		return zd_poke(&arg.poke);
	case ZDPLACE_IOC_KNOBS:
		return zd_knobs(&arg.knobs);
	case ZDPLACE_IOC_EVICT:
		return zd_evict(&arg.evict);
	case ZDPLACE_IOC_EXCLUSIVE:
		return zd_exclusive(&arg.exclusive);
	case ZDPLACE_IOC_HMM:
		return zd_hmm(&arg.hmm);
	case ZDPLACE_IOC_SWAP:
		return zd_swap(&arg.swap);
	case ZDPLACE_IOC_REUSE:
		ret = zd_free_reuse(&arg.reuse);
		if (!ret && copy_to_user(uarg, &arg.reuse, sizeof(arg.reuse)))
			ret = -EFAULT;
		return ret;
	case ZDPLACE_IOC_BACK:
		ret = zd_back(&arg.back);
		if (!ret && copy_to_user(uarg, &arg.back, sizeof(arg.back)))
			ret = -EFAULT;
		return ret;
	case ZDPLACE_IOC_MIGRATE:
		ret = zd_migrate(&arg.migrate);
		if (!ret && copy_to_user(uarg, &arg.migrate, sizeof(arg.migrate)))
			ret = -EFAULT;
		return ret;
	}
	return -ENOTTY;
}

static long zd_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	void __user *uarg = (void __user *)uptr;
	union {
		struct zdplace_text text;
		struct zdplace_counters counters;
		struct zdplace_reset reset;
	} arg;
	int ret;

	/* These never sleep on a folio: they answer while another call hangs. */
	switch (cmd) {
	case ZDPLACE_IOC_TEXT:
	case ZDPLACE_IOC_COUNTERS:
	case ZDPLACE_IOC_RESET:
		ret = zd_get_arg(&arg, uarg, cmd);
		if (ret)
			return ret;
		if (cmd == ZDPLACE_IOC_TEXT)
			ret = zd_text(&arg.text);
		else if (!zd.base)
			ret = -EOPNOTSUPP;
		else if (cmd == ZDPLACE_IOC_COUNTERS)
			ret = zd_counters(&arg.counters);
		else
			return zd_reset(&arg.reset);
		if (!ret && copy_to_user(uarg, &arg, _IOC_SIZE(cmd)))
			ret = -EFAULT;
		return ret;
	}

	if (!zd.base)
		return -EOPNOTSUPP;
	atomic_inc(&zd.busy);
	ret = zd_run(cmd, uarg);
	atomic_dec(&zd.busy);
	return ret;
}

/*
 * Raw struct pages, without a lock: a dump must work whatever else hangs. Word
 * by word: string instructions are slow on an emulated CPU.
 */
static int zd_copy_words(u64 __user *to, const u64 *from, size_t n)
{
	size_t i;

	if (!user_write_access_begin(to, n * sizeof(*to)))
		return -EFAULT;
	for (i = 0; i < n; i++)
		unsafe_put_user(READ_ONCE(from[i]), &to[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static ssize_t zd_read(struct file *file, char __user *ubuf, size_t count, loff_t *pos)
{
	size_t size = zd.pages * sizeof(struct page);
	size_t coherent_size = (zd.all - zd.pages) * sizeof(struct page);
	const void *from = zd.base;
	size_t done, part, at;

	if (!zd.base || *pos < 0)
		return -EINVAL;
	if (*pos >= 2 * size + coherent_size)
		return 0;
	if (*pos % sizeof(u64) || count % sizeof(u64))
		return -EINVAL;
	at = *pos;
	if (at >= 2 * size) {
		from = zd.maps[ZD_COHERENT].base;
		at -= 2 * size;
		size = coherent_size;
	} else if (at >= size) {
		from = zd.at_free;
		at -= size;
	}
	count = min_t(size_t, count, size - at);

	for (done = 0; done < count; done += part, *pos += part) {
		part = min_t(size_t, count - done, PAGE_SIZE);
		if (zd_copy_words((u64 __user *)(ubuf + done), from + at + done,
				  part / sizeof(u64)))
			return done ? done : -EFAULT;
		cond_resched();
	}
	return count;
}

static int zd_open(struct inode *inode, struct file *file)
{
	return 0;
}

static const struct file_operations zd_fops = {
	.owner		= THIS_MODULE,
	.open		= zd_open,
	.read		= zd_read,
	.mmap		= zd_mmap,
	.unlocked_ioctl	= zd_ioctl,
};

static struct miscdevice zd_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "zdplace",
	.fops	= &zd_fops,
	.mode	= 0600,
};

static int __init zd_init(void)
{
	int ret;

	ret = zd_chunk_create(pages, coherent);
	if (ret)
		return ret;
	ret = misc_register(&zd_misc);
	if (ret)
		zd_chunk_destroy();
	return ret;
}

static void __exit zd_exit(void)
{
	misc_deregister(&zd_misc);
	zd_swap_destroy();
	zd_chunk_destroy();
}

module_init(zd_init);
module_exit(zd_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Device-private folios at chosen pages and orders");
