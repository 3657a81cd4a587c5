// SPDX-License-Identifier: GPL-2.0
/* The headers that the probes of probes.list are compiled against. */
#include <linux/blkdev.h>
#include <linux/hmm.h>
#include <linux/memcontrol.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/percpu-refcount.h>
#include <linux/poison.h>
#include <linux/rmap.h>
