// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a control group is charged for the mappings of the steps, to the page.
 *
 * memory.current is not that: each CPU takes charges in batches and holds the
 * rest back (mm/memcontrol.c:try_charge_memcg(), refill_stock()), kernel memory
 * and the agent's own pages are in it, and a page that was just unmapped stays
 * charged while it waits to be put on the LRU. So on each CPU in turn pages are
 * touched one by one until memory.current jumps: the stock is then one less
 * than the jump. That also flushes the CPU's LRU batch (31 pages), and makes
 * memory.stat current, which is only brought up to date after 64 changes a
 * CPU (memcg_vmstats_needs_flush()).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#define MAX_CPUS	16
/* More than a batch of the LRU holds. */
#define FLUSH_PAGES	40
/* Three jumps, at a batch of 64 charges. */
#define PROBE_PAGES	320
/* MEMCG_CHARGE_BATCH: what a CPU keeps to itself of changes, and of charges. */
#define STAT_BATCH	64

/* What the group has, in pages. */
struct charge {
	long long current;
	long long stock;
	long long own;
	struct memcg_stat stat;
};

static uint8_t *probe;
static size_t probe_bytes;
static char group[512];
static bool warm;

/* Before any mapping of a step, so that these never lie where one was. */
void charge_setup(void)
{
	probe_bytes = (size_t)MAX_CPUS * (PROBE_PAGES + FLUSH_PAGES) * PAGE_BYTES;
	probe = mmap(NULL, probe_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (probe == MAP_FAILED)
		exit(1);
	own_setup();
	(void)!madvise(probe, probe_bytes, MADV_NOHUGEPAGE);
}

/* The folder of the process' control group; false in the root group, which counts nothing. */
static bool find_group(void)
{
	static char text[512];
	char *at;

	if (!read_file("/proc/self/cgroup", text, sizeof(text)))
		return false;
	at = strstr(text, "0::/");
	if (!at || at[4] == '\n')
		return false;
	at += strlen("0::");
	at[strcspn(at, "\n")] = '\0';
	snprintf(group, sizeof(group), "/sys/fs/cgroup%s", at);
	return true;
}

static bool run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void touch(size_t page)
{
	*(volatile uint8_t *)(probe + page * PAGE_BYTES) = 1;
}

/*
 * Makes memory.stat of this group and of those above current: touched pages are
 * changes, and with the next 64 of one CPU there are more than 64 a CPU
 * (memcg_rstat_updated()). The pages stay until charge_forget().
 */
void charge_refresh(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t pages = (2 * (size_t)cpus + 1) * STAT_BATCH;

	if (pages > probe_bytes / PAGE_BYTES)
		pages = probe_bytes / PAGE_BYTES;
	for (size_t i = 0; i < pages; i++)
		touch(i);
}

void charge_forget(void)
{
	madvise(probe, probe_bytes, MADV_DONTNEED);
}

/*
 * Pages that the CPU holds back after the last of three jumps; -1 where somebody else was
 * charged meanwhile.
 */
static int empty_stock(int cpu, int current)
{
	size_t first = MAX_CPUS * FLUSH_PAGES + (size_t)cpu * PROBE_PAGES;
	long long before, after, batch = 0;
	size_t last = 0;
	int jumps = 0;

	/* The page table of the next ones comes with it. */
	touch(first);
	touch(first + PROBE_PAGES - 1);
	before = memcg_pages(current);
	for (size_t i = 1; i < PROBE_PAGES - 1; i++) {
		touch(first + i);
		after = memcg_pages(current);
		if (after == before)
			continue;
		if (after < before ||
		    (jumps && (after - before != batch || (long long)(i - last) != batch)))
			return -1;
		batch = after - before;
		before = after;
		last = i;
		if (++jumps == 3)
			return batch - 1;
	}
	return -1;
}

/* Everything that a measurement itself needs is there after the first time. */
void charge_warm_up(const char *of)
{
	if (warm)
		return;
	own_warm_up(probe);
	own_count(of);
	warm = true;
}

static bool measure(int cpus, int current, int stat, struct charge *c)
{
	c->stock = 0;
	/* Nothing is allocated for these files from now on. */
	if (memcg_pages(current) < 0 || !memcg_stat(stat, &c->stat))
		return false;
	for (int cpu = 0; cpu < cpus; cpu++) {
		if (!run_on(cpu))
			return false;
		for (size_t i = 0; i < FLUSH_PAGES; i++)
			touch((size_t)cpu * FLUSH_PAGES + i);
	}
	for (int cpu = 0; cpu < cpus; cpu++) {
		int stock = run_on(cpu) ? empty_stock(cpu, current) : -1;

		if (stock < 0)
			return false;
		c->stock += stock;
	}
	c->current = memcg_pages(current);
	if (!memcg_stat(stat, &c->stat))
		return false;
	c->own = own_count(group);
	return c->own >= 0;
}

/*
 * The answer has no "charge" where the kernel has no such counters, or others were charged in
 * every attempt.
 */
int op_charge(struct step *s)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct charge c = { 0 };
	int current, stat;
	cpu_set_t before;
	bool done = false;

	if (!regions_known() || !find_group() || cpus > MAX_CPUS ||
	    sched_getaffinity(0, sizeof(before), &before))
		return 0;
	current = memcg_open(group, "memory.current");
	stat = memcg_open(group, "memory.stat");
	charge_warm_up(group);
	for (int i = 0; i < 3 && !done && current >= 0 && stat >= 0; i++) {
		done = measure(cpus, current, stat, &c);
		charge_forget();
	}
	sched_setaffinity(0, sizeof(before), &before);
	if (current >= 0)
		close(current);
	if (stat >= 0)
		close(stat);
	if (!done)
		return 0;
	out_f(s->extra, ",\"charge\":{\"current\":%lld,\"stock\":%lld,\"own\":%lld", c.current,
	      c.stock, c.own);
	out_f(s->extra, ",\"kernel\":%lld,\"file\":%lld,\"sock\":%lld,\"anon\":%lld}",
	      c.stat.kernel, c.stat.file, c.stat.sock, c.stat.anon);
	return 0;
}
