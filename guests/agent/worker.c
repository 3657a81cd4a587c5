// SPDX-License-Identifier: GPL-2.0-only
/* The thread that enters the kernel, and the report where it stays there. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t to_worker;
static pthread_cond_t to_main;
static const struct op *job;
static struct step *job_step;
static bool done;
static int worker_tid;
static int awaited_pid;

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static void *work(void *unused)
{
	(void)unused;
	cpu_stay();
	pthread_mutex_lock(&lock);
	worker_tid = gettid();
	for (;;) {
		while (!job)
			pthread_cond_wait(&to_worker, &lock);
		pthread_mutex_unlock(&lock);
		process_run(job, job_step);
		pthread_mutex_lock(&lock);
		job = NULL;
		done = true;
		pthread_cond_signal(&to_main);
	}
	return NULL;
}

void worker_setup(void)
{
	pthread_condattr_t attr;
	pthread_t thread;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&to_worker, &attr);
	pthread_cond_init(&to_main, &attr);
	if (pthread_create(&thread, NULL, work, NULL)) {
		fputs("zdagent: cannot start a thread\n", stderr);
		exit(1);
	}
}

static size_t read_task(int tid, const char *file, char *to, size_t size)
{
	char path[64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, to, size - 1);
		close(fd);
	}
	if (n < 0)
		n = 0;
	to[n] = '\0';
	return n;
}

/* How often the worker is looked at while it is in the kernel, in milliseconds. */
#define LOOK_MS 100
/* A look that comes so many times later than it should counts for no more: nobody was at work. */
#define LATE_LOOKS 5

static struct timespec after_ms(unsigned int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000l;
	if (ts.tv_nsec >= 1000000000l) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000l;
	}
	return ts;
}

/* Times the task went to sleep by itself, or 0 while it is not in uninterruptible sleep. */
static unsigned long asleep_since(int tid)
{
	char buf[4096];
	char *state, *switches;

	read_task(tid, "status", buf, sizeof(buf));
	state = strstr(buf, "\nState:\t");
	switches = strstr(buf, "\nvoluntary_ctxt_switches:\t");
	if (!state || !switches || state[8] != 'D')
		return 0;
	return strtoul(switches + strlen("\nvoluntary_ctxt_switches:\t"), NULL, 10);
}

void worker_waits_for(int pid)
{
	__atomic_store_n(&awaited_pid, pid, __ATOMIC_RELAXED);
}

/* The task that carries out the step. */
static int entered_tid(void)
{
	int pid = __atomic_load_n(&awaited_pid, __ATOMIC_RELAXED);

	return pid ? pid : worker_tid;
}

/*
 * A step is late at its deadline; one that has slept in D without a break for so much shorter
 * a time will not wake up, since nobody else works on these pages. Both are counted from look
 * to look, not read from the clock at the end: where the host stops the whole guest for
 * seconds, the clock runs on and nobody here had a chance to wake up or to go on.
 */
bool worker_run(const struct op *op, struct step *s, const struct patience *patience,
		struct hang *hang)
{
	const unsigned int deadline_ms = patience->deadline_ms;
	const unsigned int look_ms = deadline_ms < LOOK_MS ? deadline_ms : LOOK_MS;
	const uint64_t most_us = LATE_LOOKS * look_ms * 1000ull;
	uint64_t begin = now_us();
	uint64_t seen = begin;
	uint64_t waited_us = 0;
	unsigned int asleep_ms = 0;
	unsigned long switches = 0;
	bool late = false;

	pthread_mutex_lock(&lock);
	done = false;
	job_step = s;
	job = op;
	pthread_cond_signal(&to_worker);
	while (!done && !late) {
		struct timespec until = after_ms(look_ms);
		uint64_t us;
		unsigned long now;

		if (pthread_cond_timedwait(&to_main, &lock, &until) == 0)
			continue;
		us = now_us();
		waited_us += us - seen < most_us ? us - seen : most_us;
		seen = us;
		now = asleep_since(entered_tid());
		asleep_ms = now && now == switches ? asleep_ms + look_ms : 0;
		switches = now;
		late = waited_us >= deadline_ms * 1000ull ||
		       (asleep_ms && asleep_ms >= patience->asleep_ms);
	}
	hang->tid = entered_tid();
	late = !done;
	pthread_mutex_unlock(&lock);
	hang->waited_ms = (now_us() - begin) / 1000;
	return !late;
}

/* Lines of /proc/PID/stack are "[<0>] symbol+0x1/0x2"; the last may be "0xff…". */
static void write_stack(struct out *o, char *stack)
{
	const char *comma = "";
	char *line, *rest;

	out_text(o, ",\"stack\":[");
	for (line = strtok_r(stack, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *symbol = strstr(line, "] ");

		symbol = symbol ? symbol + 2 : line;
		out_text(o, comma);
		out_string(o, symbol, strlen(symbol));
		comma = ",";
	}
	out_text(o, "]");
}

void hang_describe(struct out *o, const struct hang *hang)
{
	static char buf[8192];
	char *state;

	read_task(hang->tid, "stat", buf, sizeof(buf));
	state = strrchr(buf, ')');
	out_f(o, ",\"hang\":true,\"state\":\"%c\",\"waited_ms\":%u",
	      state && state[1] ? state[2] : '?', hang->waited_ms);
	read_task(hang->tid, "wchan", buf, sizeof(buf));
	out_text(o, ",\"wchan\":");
	out_string(o, buf, strlen(buf));
	read_task(hang->tid, "stack", buf, sizeof(buf));
	write_stack(o, buf);
}
