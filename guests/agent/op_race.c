// SPDX-License-Identifier: GPL-2.0-only
/* Several threads at work on the same pages at the same time. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#define MAX_RACERS 8
#define MAX_TIMES 1000
/* The module keeps so many callbacks until the reply; one more would be lost. */
#define MAX_FOLIOS 4096
/* Rounds of an empty loop between two actions, at most. */
#define MAX_PAUSE 20000

struct racer;
/* One action; 0, or an errno value where the kernel or the module refused it. */
typedef int (*act_t)(struct racer *w);

/**
 * struct racer - one thread
 * @page: and @n, pages of the mapping, @pfn and @order: device pages
 * @times: how often it acts
 * @done: actions that were done
 * @inited: device pages that it initialised
 * @signals: accesses that ended in a signal
 */
static struct racer {
	pthread_t thread;
	int tid;
	act_t act;
	struct region *region;
	uint64_t page, n, pfn, order, times;
	uint64_t random;
	uint64_t done, inited, signals;
	union {
		struct zdplace_entry *to;
		struct zdplace_evicted *evicted;
		struct zdplace_mirrored *mirrored;
	};
} racers[MAX_RACERS];

/* Not from mmap(): the place of a part of a mapping that was unmapped must stay empty. */
static uint8_t stacks[MAX_RACERS][128 << 10] __attribute__((aligned(4096)));
static unsigned int waiting;

static uint64_t draw(struct racer *w, uint64_t below)
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
	uint64_t first = draw(w, w->n);

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

static int do_munmap(struct racer *w)
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

static int do_evict(struct racer *w)
{
	struct zdplace_evict arg = { .pfn = w->pfn, .n = w->n, .entries = (uintptr_t)w->evicted };

	return ioctl(device.fd, ZDPLACE_IOC_EVICT, &arg) ? errno : 0;
}

static int do_migrate(struct racer *w)
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
static int do_hmm(struct racer *w)
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
static int do_init(struct racer *w)
{
	struct zdplace_init init = {
		.pfn = w->pfn, .order = w->order, .unlock = ZDPLACE_HOW_PAGE, .flags = ZDPLACE_F_RMAPPABLE,
	};
	struct zdplace_page page = { .pfn = w->pfn, .how = ZDPLACE_HOW_PAGE };

	if (ioctl(device.fd, ZDPLACE_IOC_INIT, &init))
		return errno;
	w->inited += 1ull << w->order;
	return ioctl(device.fd, ZDPLACE_IOC_FREE, &page) ? errno : 0;
}

static const struct {
	const char *name;
	act_t act;
	bool on_region, on_device;
} acts[] = {
	{ "touch", do_touch, true, false },
	{ "write", do_write, true, false },
	{ "munmap", do_munmap, true, false },
	{ "dontneed", do_dontneed, true, false },
	{ "evict", do_evict, false, true },
	{ "migrate", do_migrate, true, true },
	{ "init", do_init, false, true },
	{ "hmm", do_hmm, true, true },
};

static void *run(void *arg)
{
	struct racer *w = arg;

	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	__atomic_sub_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE))
		sched_yield();
	for (uint64_t i = 0; i < w->times; i++) {
		for (volatile uint64_t pause = draw(w, MAX_PAUSE); pause; pause--)
			;
		if (!w->act(w))
			w->done++;
	}
	return NULL;
}

static int read_region(struct step *s, json_t *from, struct racer *w)
{
	json_t *name = json_object_get(from, "name");
	struct step of = { .req = from };

	w->region = json_is_string(name) ? region_get(&of) : NULL;
	if (!w->region)
		return fail(s, ENOENT, "\"threads\": no such mapping");
	if (region_range(&of, w->region, w->region->pages, &w->page, &w->n) || !w->n)
		return fail(s, EINVAL, "\"threads\": pages that the mapping does not have");
	if (w->act == do_munmap && w->n == w->region->pages)
		return fail(s, EINVAL, "\"threads\": a mapping that others use is not unmapped as a whole");
	return 0;
}

static int read_device(struct step *s, json_t *from, struct racer *w)
{
	const uint64_t n = w->region ? w->n : 1;

	if (w->act == do_hmm) {
		w->mirrored = calloc(n, sizeof(*w->mirrored));
		return w->mirrored ? 0 : fail(s, ENOMEM, "out of memory");
	}
	if (arg_u64(s, from, "pfn", REQUIRED, device.pages - 1, &w->pfn) || arg_u64(s, from, "order", 0, 9, &w->order))
		return -1;
	if (w->act == do_evict && arg_u64(s, from, "n", device.pages - w->pfn, device.pages - w->pfn, &w->n))
		return -1;
	if (w->act == do_evict && w->n)
		w->evicted = calloc(w->n, sizeof(*w->evicted));
	else if (w->act == do_migrate && n >> w->order)
		w->to = calloc(n >> w->order, sizeof(*w->to));
	else if (w->act != do_init)
		return fail(s, EINVAL, "\"n\": at least one folio");
	if (w->act == do_migrate && (n >> w->order) * w->times > MAX_FOLIOS)
		return fail(s, EINVAL, "\"times\": at most %d folios", MAX_FOLIOS);
	return w->act == do_init || w->to ? 0 : fail(s, ENOMEM, "out of memory");
}

static int read_racer(struct step *s, json_t *from, struct racer *w, uint64_t seed)
{
	const char *what = json_string_value(json_object_get(from, "do"));

	if (arg_u64(s, from, "times", 1, MAX_TIMES, &w->times))
		return -1;
	w->random = seed * 0x9e3779b97f4a7c15ull + 1;
	for (size_t i = 0; what && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(what, acts[i].name))
			continue;
		if (acts[i].on_device && device.fd < 0)
			return fail(s, EOPNOTSUPP, "\"threads\": no device memory for \"%s\"", what);
		w->act = acts[i].act;
		if (acts[i].on_region && read_region(s, from, w))
			return -1;
		return acts[i].on_device ? read_device(s, from, w) : 0;
	}
	return fail(s, EINVAL, "\"threads\": unknown \"do\"");
}

/* All threads or none: they wait for each other. */
static int start(struct step *s, size_t n)
{
	pthread_attr_t attr;
	cpu_set_t all;
	size_t i;

	CPU_ZERO(&all);
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++)
		CPU_SET(cpu, &all);
	waiting = n;
	for (i = 0; i < n; i++) {
		int error;

		pthread_attr_init(&attr);
		pthread_attr_setstack(&attr, stacks[i], sizeof(stacks[i]));
		pthread_attr_setaffinity_np(&attr, sizeof(all), &all);
		error = pthread_create(&racers[i].thread, &attr, run, &racers[i]);
		pthread_attr_destroy(&attr);
		if (error) {
			fail(s, error, "cannot start a thread");
			break;
		}
	}
	if (i == n)
		return 0;
	for (size_t j = 0; j < i; j++)
		racers[j].times = 0;
	__atomic_sub_fetch(&waiting, n - i, __ATOMIC_ACQ_REL);
	for (size_t j = 0; j < i; j++)
		pthread_join(racers[j].thread, NULL);
	return -1;
}

static void wait_all(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int tid;

		while (!(tid = __atomic_load_n(&racers[i].tid, __ATOMIC_ACQUIRE)))
			sched_yield();
		/* That thread is the one to look at where this takes too long. */
		worker_waits_for(tid);
		pthread_join(racers[i].thread, NULL);
	}
	worker_waits_for(0);
}

static void write_racers(struct out *o, size_t n)
{
	unsigned long long inited = 0;

	out_text(o, ",\"threads\":[");
	for (size_t i = 0; i < n; i++) {
		inited += racers[i].inited;
		out_f(o, "%s{\"done\":%llu,\"signals\":%llu}", i ? "," : "", (unsigned long long)racers[i].done,
		      (unsigned long long)racers[i].signals);
	}
	out_f(o, "],\"inited\":%llu", inited);
}

int op_race(struct step *s)
{
	json_t *threads = json_object_get(s->req, "threads");
	size_t n = json_array_size(threads);
	uint64_t seed;
	int ret = 0;

	if (arg_u64(s, s->req, "seed", 1, UINT64_MAX, &seed))
		return -1;
	if (!json_is_array(threads) || !n || n > MAX_RACERS)
		return fail(s, EINVAL, "\"threads\": expected 1 to %d of them", MAX_RACERS);
	memset(racers, 0, sizeof(racers));
	for (size_t i = 0; i < n && !ret; i++)
		ret = read_racer(s, json_array_get(threads, i), &racers[i], seed * MAX_RACERS + i);
	if (!ret)
		ret = start(s, n);
	if (!ret) {
		wait_all(n);
		write_racers(s->extra, n);
	}
	for (size_t i = 0; i < n; i++)
		free(racers[i].to);
	return ret;
}
