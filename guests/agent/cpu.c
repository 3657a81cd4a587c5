// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that serves requests stays on one processor: the ssh server, the
 * main thread, the worker and its children take turns, and a wake-up on another
 * processor costs an interrupt there, which under TCG is milliseconds. What
 * hangs may spin there without ever letting go, though; then a watchman on
 * another processor takes those to safety that have to report it. Without a
 * device, as outside a guest, all stay where they are: there the parent is
 * somebody's shell.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define HOME 0
/* Between two looks of the watchman; most steps are over long before. */
#define LOOK_MS 250

static cpu_set_t home, elsewhere;
static bool two;
static pid_t main_tid;
/* Steps begun, and those of them that are over; only the main thread counts. */
static unsigned int begun, over;
static bool at_home;

static void move(const cpu_set_t *to)
{
	/* The server may be gone, or be somebody else: it is a matter of speed only. */
	sched_setaffinity(getppid(), sizeof(*to), to);
	sched_setaffinity(main_tid, sizeof(*to), to);
}

/* A step that is the same one at two looks has lasted long. */
static void *watch(void *unused)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000l };
	unsigned int seen = 0;

	(void)unused;
	for (;;) {
		unsigned int now = __atomic_load_n(&begun, __ATOMIC_ACQUIRE);

		if (now == seen && now != __atomic_load_n(&over, __ATOMIC_ACQUIRE) &&
		    __atomic_exchange_n(&at_home, false, __ATOMIC_ACQ_REL))
			move(&elsewhere);
		seen = now;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

void cpu_setup(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t all;

	main_tid = gettid();
	if (device.fd < 0)
		return;
	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < 2 ||
	    !CPU_ISSET(HOME, &all))
		return;
	CPU_SET(HOME, &home);
	elsewhere = all;
	CPU_CLR(HOME, &elsewhere);
	two = true;
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(elsewhere), &elsewhere);
	if (pthread_create(&thread, &attr, watch, NULL)) {
		fputs("zdagent: cannot start the watchman\n", stderr);
		exit(1);
	}
}

void cpu_stay(void)
{
	if (two)
		sched_setaffinity(0, sizeof(home), &home);
}

void cpu_begin(void)
{
	if (!two)
		return;
	if (!__atomic_exchange_n(&at_home, true, __ATOMIC_ACQ_REL))
		move(&home);
	__atomic_add_fetch(&begun, 1, __ATOMIC_RELEASE);
}

void cpu_end(void)
{
	__atomic_store_n(&over, begun, __ATOMIC_RELEASE);
}
