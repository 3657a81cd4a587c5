// SPDX-License-Identifier: GPL-2.0
/*
 * A disk in memory to swap to, there only while it is asked for: a block device
 * of the kernel would be built, and set up at every boot, for the few steps that
 * want one, and those that live in memory are all synchronous, which leaves
 * nothing in the swap cache (mm/memory.c:should_try_to_free_swap()).
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>

#include "zd.h"

#if ZD_SWAP_DISK

#define ZD_DISK_NAME	"zdswap"

/**
 * struct zd_disk - the disk
 * @disk: NULL where there is none
 * @data: its contents
 * @major: of its device number
 * @hold: writes are not reported as done
 * @held: those that are to be reported
 * @lock: protects @hold and @held
 */
static struct zd_disk {
	struct gendisk *disk;
	void *data;
	int major;
	bool hold;
	struct bio_list held;
	spinlock_t lock;	/* of @hold and @held */
} zd_disk = {
	.lock = __SPIN_LOCK_UNLOCKED(zd_disk.lock),
};

static DEFINE_MUTEX(zd_disk_lock);

/* The folio stays under writeback, and so in the swap cache, for as long as a step wants it. */
static bool zd_disk_holds(struct bio *bio)
{
	unsigned long irq;
	bool hold;

	spin_lock_irqsave(&zd_disk.lock, irq);
	hold = zd_disk.hold && op_is_write(bio_op(bio));
	if (hold)
		bio_list_add(&zd_disk.held, bio);
	spin_unlock_irqrestore(&zd_disk.lock, irq);
	return hold;
}

static void zd_disk_hold(bool hold)
{
	struct bio_list held = BIO_EMPTY_LIST;
	unsigned long irq;
	struct bio *bio;

	spin_lock_irqsave(&zd_disk.lock, irq);
	zd_disk.hold = hold;
	if (!hold) {
		bio_list_merge(&held, &zd_disk.held);
		bio_list_init(&zd_disk.held);
	}
	spin_unlock_irqrestore(&zd_disk.lock, irq);
	while ((bio = bio_list_pop(&held)))
		bio_endio(bio);
}

static void zd_disk_submit_bio(struct bio *bio)
{
	size_t at = (size_t)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		void *p = bvec_kmap_local(&bv);

		if (op_is_write(bio_op(bio)))
			memcpy(zd_disk.data + at, p, bv.bv_len);
		else
			memcpy(p, zd_disk.data + at, bv.bv_len);
		kunmap_local(p);
		at += bv.bv_len;
	}
	if (!zd_disk_holds(bio))
		bio_endio(bio);
}

static const struct block_device_operations zd_disk_fops = {
	.owner		= THIS_MODULE,
	.submit_bio	= zd_disk_submit_bio,
};

/* As mkswap(8) makes it. */
static void zd_write_header(union swap_header *header, u32 pages)
{
	memset(header, 0, PAGE_SIZE);
	header->info.version = 1;
	header->info.last_page = pages - 1;
	memcpy(header->magic.magic, "SWAPSPACE2", sizeof(header->magic.magic));
}

static int zd_disk_add(u32 pages, bool synchronous)
{
	struct queue_limits limits = {
		.logical_block_size	= PAGE_SIZE,
		.physical_block_size	= PAGE_SIZE,
		.features		= synchronous ? BLK_FEAT_SYNCHRONOUS : 0,
	};
	struct gendisk *disk = blk_alloc_disk(&limits, NUMA_NO_NODE);
	int ret;

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->major = zd_disk.major;
	disk->minors = 1;
	disk->flags = GENHD_FL_NO_PART;
	disk->fops = &zd_disk_fops;
	strscpy(disk->disk_name, ZD_DISK_NAME, sizeof(disk->disk_name));
	set_capacity(disk, (sector_t)pages << PAGE_SECTORS_SHIFT);
	ret = add_disk(disk);
	if (ret)
		put_disk(disk);
	else
		zd_disk.disk = disk;
	return ret;
}

static int zd_disk_create(u32 pages, bool synchronous)
{
	int ret;

	if (zd_disk.disk)
		return -EBUSY;
	if (pages < 2 || pages > ZDPLACE_MAX_SWAP_PAGES)
		return -EINVAL;
	zd_disk.data = vmalloc(array_size(pages, PAGE_SIZE));
	if (!zd_disk.data)
		return -ENOMEM;
	zd_write_header(zd_disk.data, pages);
	zd_disk.major = register_blkdev(0, ZD_DISK_NAME);
	ret = zd_disk.major < 0 ? zd_disk.major : zd_disk_add(pages, synchronous);
	if (!ret)
		return 0;
	if (zd_disk.major > 0)
		unregister_blkdev(zd_disk.major, ZD_DISK_NAME);
	vfree(zd_disk.data);
	return ret;
}

/* Nobody may have it open: swapoff() comes first. */
static int zd_disk_remove(void)
{
	zd_disk_hold(false);
	if (!zd_disk.disk)
		return 0;
	if (disk_openers(zd_disk.disk))
		return -EBUSY;
	del_gendisk(zd_disk.disk);
	put_disk(zd_disk.disk);
	zd_disk.disk = NULL;
	unregister_blkdev(zd_disk.major, ZD_DISK_NAME);
	vfree(zd_disk.data);
	return 0;
}

int zd_swap(const struct zdplace_swap *arg)
{
	int ret;

	if (arg->flags & ~(ZDPLACE_F_SYNCHRONOUS | ZDPLACE_F_HOLD | ZDPLACE_F_LET_GO))
		return -EINVAL;
	mutex_lock(&zd_disk_lock);
	if (arg->flags & (ZDPLACE_F_HOLD | ZDPLACE_F_LET_GO)) {
		ret = 0;
		zd_disk_hold(arg->flags & ZDPLACE_F_HOLD);
	} else if (arg->pages) {
		ret = zd_disk_create(arg->pages, arg->flags & ZDPLACE_F_SYNCHRONOUS);
	} else {
		ret = zd_disk_remove();
	}
	mutex_unlock(&zd_disk_lock);
	return ret;
}

/* At the end of the module, which an open disk would keep. */
void zd_swap_destroy(void)
{
	zd_disk_remove();
}

#else

int zd_swap(const struct zdplace_swap *arg)
{
	return -EOPNOTSUPP;
}

void zd_swap_destroy(void)
{
}

#endif
