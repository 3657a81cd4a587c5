// SPDX-License-Identifier: GPL-2.0-only
/* Several threads at work on the same pages at the same time. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "race.h"

#define MAX_RACERS 8
#define MAX_TIMES 1000
/* The module keeps so many callbacks until the reply; one more would be lost. */
#define MAX_FOLIOS 4096
/* Rounds of an empty loop between two actions, at most. */
#define MAX_PAUSE 20000
/* Within this time all have begun, at most. */
#define MAX_SPREAD_US 1000000

static struct racer racers[MAX_RACERS];

/* Not from mmap(): the place of a part of a mapping that was unmapped must stay empty. */
static uint8_t stacks[MAX_RACERS][128 << 10] __attribute__((aligned(4096)));
static unsigned int waiting;

static void *run(void *arg)
{
	struct racer *w = arg;

	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	__atomic_sub_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE))
		sched_yield();
	if (w->late_us) {
		struct timespec late = { .tv_nsec = w->late_us * 1000 };

		nanosleep(&late, NULL);
	}
	for (uint64_t i = 0; i < w->times; i++) {
		for (volatile uint64_t pause = race_draw(w, MAX_PAUSE); pause; pause--)
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
	if (w->act == race_munmap && w->n == w->region->pages)
		return fail(s, EINVAL,
			    "\"threads\": a mapping that others use is not unmapped as a whole");
	return 0;
}

static int read_device(struct step *s, json_t *from, struct racer *w)
{
	const uint64_t n = w->region ? w->n : 1;

	if (w->act == race_hmm) {
		w->mirrored = calloc(n, sizeof(*w->mirrored));
		return w->mirrored ? 0 : fail(s, ENOMEM, "out of memory");
	}
	if (arg_u64(s, from, "pfn", REQUIRED, device.pages - 1, &w->pfn) ||
	    arg_u64(s, from, "order", 0, 9, &w->order))
		return -1;
	if (w->act == race_evict &&
	    arg_u64(s, from, "n", device.pages - w->pfn, device.pages - w->pfn, &w->n))
		return -1;
	if (w->act == race_evict && w->n)
		w->evicted = calloc(w->n, sizeof(*w->evicted));
	else if (w->act == race_migrate && n >> w->order)
		w->to = calloc(n >> w->order, sizeof(*w->to));
	else if (w->act != race_init)
		return fail(s, EINVAL, "\"n\": at least one folio");
	if (w->act == race_migrate && (n >> w->order) * w->times > MAX_FOLIOS)
		return fail(s, EINVAL, "\"times\": at most %d folios", MAX_FOLIOS);
	return w->act == race_init || w->to ? 0 : fail(s, ENOMEM, "out of memory");
}

static int read_racer(struct step *s, json_t *from, struct racer *w, uint64_t seed)
{
	const char *what = json_string_value(json_object_get(from, "do"));

	if (arg_u64(s, from, "times", 1, MAX_TIMES, &w->times) ||
	    arg_u64(s, from, "cpu", ANY_CPU, ANY_CPU, &w->cpu))
		return -1;
	w->random = seed * 0x9e3779b97f4a7c15ull + 1;
	for (size_t i = 0; what && i < nr_race_acts; i++) {
		if (strcmp(what, race_acts[i].name))
			continue;
		if (race_acts[i].on_device && device.fd < 0)
			return fail(s, EOPNOTSUPP, "\"threads\": no device memory for \"%s\"",
				    what);
		w->act = race_acts[i].act;
		if (race_acts[i].on_region && read_region(s, from, w))
			return -1;
		return race_acts[i].on_device ? read_device(s, from, w) : 0;
	}
	return fail(s, EINVAL, "\"threads\": unknown \"do\"");
}

/*
 * Who comes first, and by how much, is not up to the seed of the request: it
 * is drawn anew in each guest, and each was reseeded.
 */
static int spread(struct step *s, size_t n, uint64_t within_us)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t drawn;

		if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
			return fail(s, errno, "getrandom: %s", strerror(errno));
		racers[i].late_us = within_us ? drawn % within_us : 0;
	}
	return 0;
}

/* All threads or none: they wait for each other. */
static int start(struct step *s, size_t n)
{
	pthread_attr_t attr;
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t i;

	waiting = n;
	for (i = 0; i < n; i++) {
		cpu_set_t allowed;
		int error;

		CPU_ZERO(&allowed);
		for (long cpu = 0; cpu < cpus; cpu++)
			if (racers[i].cpu == ANY_CPU || (long)racers[i].cpu % cpus == cpu)
				CPU_SET(cpu, &allowed);
		pthread_attr_init(&attr);
		pthread_attr_setstack(&attr, stacks[i], sizeof(stacks[i]));
		pthread_attr_setaffinity_np(&attr, sizeof(allowed), &allowed);
		error = pthread_create(&racers[i].thread, &attr, run, &racers[i]);
		pthread_attr_destroy(&attr);
		if (error) {
			fail(s, error, "cannot create a thread");
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
		out_f(o, "%s{\"done\":%llu,\"signals\":%llu}", i ? "," : "",
		      (unsigned long long)racers[i].done, (unsigned long long)racers[i].signals);
	}
	out_f(o, "],\"inited\":%llu", inited);
}

int op_race(struct step *s)
{
	json_t *threads = json_object_get(s->req, "threads");
	size_t n = json_array_size(threads);
	uint64_t seed, spread_us;
	int ret = 0;

	if (arg_u64(s, s->req, "seed", 1, UINT64_MAX, &seed) ||
	    arg_u64(s, s->req, "spread_us", 0, MAX_SPREAD_US, &spread_us))
		return -1;
	if (!json_is_array(threads) || !n || n > MAX_RACERS)
		return fail(s, EINVAL, "\"threads\": expected 1 to %d of them", MAX_RACERS);
	memset(racers, 0, sizeof(racers));
	for (size_t i = 0; i < n && !ret; i++)
		ret = read_racer(s, json_array_get(threads, i), &racers[i], seed * MAX_RACERS + i);
	if (!ret)
		ret = spread(s, n, spread_us);
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
