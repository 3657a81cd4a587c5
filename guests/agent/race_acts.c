// SPDX-License-Identifier: GPL-2.0-only
/* What the threads of a race do, each again and again. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "race.h"

uint64_t race_draw(struct racer *w, uint64_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (w->random >> 16) % below;
}

static void read_word(struct region *r, uint64_t page, void *arg)
{
	(void)arg;
	(void)*(volatile uint64_t *)(r->base + page * PAGE_BYTES);
}

static void write_word(struct region *r, uint64_t page, void *arg)
{
	(void)arg;
	__atomic_fetch_or((uint64_t *)(r->base + page * PAGE_BYTES), 0, __ATOMIC_SEQ_CST);
}

/* Every page of the range once, from a random one on. */
static int access_all(struct racer *w, void (*visit)(struct region *r, uint64_t page, void *arg))
{
	uint64_t first = race_draw(w, w->n);

	for (uint64_t i = 0; i < w->n; i++) {
		struct access seen;

		if (!region_access(w->region, w->page + (first + i) % w->n, 1, visit, NULL, &seen))
			w->signals++;
	}
	return 0;
}

static int do_touch(struct racer *w)
{
	return access_all(w, read_word);
}

static int do_write(struct racer *w)
{
	return access_all(w, write_word);
}

int race_munmap(struct racer *w)
{
	struct step s = { 0 };

	region_unmap(&s, w->region, w->page, w->n);
	return s.error;
}

static int do_dontneed(struct racer *w)
{
	if (madvise(w->region->base + w->page * PAGE_BYTES, w->n * PAGE_BYTES, MADV_DONTNEED))
		return errno;
	memset(w->region->state + w->page, PAGE_EMPTY, w->n);
	return 0;
}

int race_evict(struct racer *w)
{
	struct zdplace_evict arg = { .pfn = w->pfn, .n = w->n, .entries = (uintptr_t)w->evicted };

	return ioctl(device.fd, ZDPLACE_IOC_EVICT, &arg) ? errno : 0;
}

int race_migrate(struct racer *w)
{
	struct zdplace_migrate arg = {
		.addr = (uintptr_t)w->region->base,
		.pages = w->region->pages,
		.entries = (uintptr_t)w->to,
		.nr_entries = w->n >> w->order,
		.flags = ZDPLACE_F_COMPOUND,
	};

	for (uint32_t i = 0; i < arg.nr_entries; i++)
		w->to[i] = (struct zdplace_entry) {
			.page = w->page + ((uint64_t)i << w->order),
			.pfn = w->pfn + ((uint64_t)i << w->order),
			.order = w->order,
		};
	if (ioctl(device.fd, ZDPLACE_IOC_MIGRATE, &arg))
		return errno;
	for (uint32_t i = 0; i < arg.nr_entries; i++)
		if (w->to[i].state & ZDPLACE_M_INIT)
			w->inited += 1ull << w->order;
	return 0;
}

/* As a device of somebody else, which fetches every page. */
int race_hmm(struct racer *w)
{
	struct zdplace_hmm arg = {
		.addr = (uintptr_t)w->region->base + w->page * PAGE_BYTES,
		.n = w->n,
		.flags = ZDPLACE_F_STRANGER | ZDPLACE_F_READ,
		.entries = (uintptr_t)w->mirrored,
	};

	return ioctl(device.fd, ZDPLACE_IOC_HMM, &arg) ? errno : 0;
}

/* A folio that comes and goes. */
int race_init(struct racer *w)
{
	struct zdplace_init init = {
		.pfn = w->pfn,
		.order = w->order,
		.unlock = ZDPLACE_HOW_PAGE,
		.flags = ZDPLACE_F_RMAPPABLE,
	};
	struct zdplace_page page = { .pfn = w->pfn, .how = ZDPLACE_HOW_PAGE };

	if (ioctl(device.fd, ZDPLACE_IOC_INIT, &init))
		return errno;
	w->inited += 1ull << w->order;
	return ioctl(device.fd, ZDPLACE_IOC_FREE, &page) ? errno : 0;
}

const struct race_act race_acts[] = {
	{ "touch", do_touch, true, false },
	{ "write", do_write, true, false },
	{ "munmap", race_munmap, true, false },
	{ "dontneed", do_dontneed, true, false },
	{ "evict", race_evict, false, true },
	{ "migrate", race_migrate, true, true },
	{ "init", race_init, false, true },
	{ "hmm", race_hmm, true, true },
};

const size_t nr_race_acts = ARRAY_SIZE(race_acts);
