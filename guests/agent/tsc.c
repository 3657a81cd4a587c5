// SPDX-License-Identifier: GPL-2.0-only
/*
 * zdagent --tsc-khz, run on the host: the rate of its time stamp counter. Under
 * TCG a guest reads that counter, and has nothing to measure it by.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>

#define TRIES 5
#define TRY_NS 4000000l
/* CPUID 0x80000007, EDX: the rate is the same whatever the processor does. */
#define INVARIANT (1u << 8)

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t measure(void)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };
	uint64_t ns = now_ns();
	uint64_t tsc = __rdtsc();

	nanosleep(&pause, NULL);
	ns = now_ns() - ns;
	tsc = __rdtsc() - tsc;
	return tsc * 1000000 / ns;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t khz(void)
{
	uint64_t seen[TRIES];
	unsigned int a, b, c, d;

	if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || !(d & INVARIANT))
		return 0;
	for (int i = 0; i < TRIES; i++)
		seen[i] = measure();
	/* What was interrupted between the two clocks is at an end. */
	qsort(seen, TRIES, sizeof(*seen), by_size);
	return seen[TRIES / 2];
}
#else
static uint64_t khz(void)
{
	return 0;
}
#endif

int tsc_print(void)
{
	return printf("%" PRIu64 "\n", khz()) < 0;
}
