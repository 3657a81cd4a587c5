/* SPDX-License-Identifier: GPL-2.0-only */
/* What the threads of a race can do. */
#ifndef RACE_H
#define RACE_H

#include <pthread.h>

#include "agent.h"

/* A processor that no request can name. */
#define ANY_CPU 64

struct racer;
/* One action; 0, or an errno value where the kernel or the module refused it. */
typedef int (*act_t)(struct racer *w);

/**
 * struct racer - one thread
 * @page: and @n, pages of the mapping, @pfn and @order: device pages
 * @times: how often it acts
 * @late_us: how long it waits before the first action
 * @cpu: processor that it stays on, of those that there are; ANY_CPU: the scheduler's choice
 * @done: actions that were done
 * @inited: device pages that it initialised
 * @signals: accesses that ended in a signal
 */
struct racer {
	pthread_t thread;
	int tid;
	act_t act;
	struct region *region;
	uint64_t page, n, pfn, order, times, late_us, cpu;
	uint64_t random;
	uint64_t done, inited, signals;
	union {
		struct zdplace_entry *to;
		struct zdplace_evicted *evicted;
		struct zdplace_mirrored *mirrored;
	};
};

/**
 * struct race_act - something that a thread does
 * @on_region: to pages of a mapping
 * @on_device: with the device
 */
struct race_act {
	const char *name;
	act_t act;
	bool on_region, on_device;
};

extern const struct race_act race_acts[];
extern const size_t nr_race_acts;

/* The acts that others have to know. */
int race_munmap(struct racer *w);
int race_evict(struct racer *w);
int race_migrate(struct racer *w);
int race_init(struct racer *w);
int race_hmm(struct racer *w);

/* Below @below, from the seed of the thread. */
uint64_t race_draw(struct racer *w, uint64_t below);

#endif
