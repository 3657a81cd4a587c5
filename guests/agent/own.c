// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anonymous pages of RAM that no step mapped: those of the agent and of whoever else is in its
 * control group.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define PM_PFRAME	((1ull << 55) - 1)
#define PM_FILE		(1ull << 61)
#define PM_PRESENT	(1ull << 63)

#define MAX_OWN		(64u << 10)
#define MAX_PIDS	256

static uint64_t *own;
static char text[64 << 10];
static uint64_t zero_pfn;

/* Before any mapping of a step, so that it never lies where one was. */
void own_setup(void)
{
	own = mmap(NULL, MAX_OWN * sizeof(*own), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (own == MAP_FAILED)
		exit(1);
}

/*
 * The page at @untouched becomes the shared zero page, which is nobody's. Then nothing is
 * missing for a count.
 */
void own_warm_up(const void *untouched)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	(void)*(const volatile uint8_t *)untouched;
	if (fd >= 0 &&
	    pread(fd, &entry, sizeof(entry), (uintptr_t)untouched / PAGE_BYTES * sizeof(entry)) > 0)
		zero_pfn = entry & PM_PFRAME;
	if (fd >= 0)
		close(fd);
	memset(own, 1, MAX_OWN * sizeof(*own));
	memset(text, 0, sizeof(text));
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Adds the anonymous pages of RAM in [start, end) of a process. */
static size_t add_pages(int pagemap, uintptr_t start, uintptr_t end, size_t n)
{
	static uint64_t entries[512];

	for (uintptr_t at = start; at < end;) {
		size_t want = (end - at) / PAGE_BYTES;
		ssize_t got;

		if (want > sizeof(entries) / sizeof(*entries))
			want = sizeof(entries) / sizeof(*entries);
		got = pread(pagemap, entries, want * sizeof(*entries),
			    at / PAGE_BYTES * sizeof(*entries));
		if (got <= 0)
			break;
		for (size_t i = 0; i < got / sizeof(*entries); i++, at += PAGE_BYTES)
			if ((entries[i] & PM_PRESENT) && !(entries[i] & PM_FILE) &&
			    (entries[i] & PM_PFRAME) != zero_pfn && n < MAX_OWN)
				own[n++] = entries[i] & PM_PFRAME;
	}
	return n;
}

/* All of a process but what the steps mapped. */
static size_t add_process(int pid, size_t n)
{
	char path[64];
	char *line, *rest;
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (!read_file(path, text, sizeof(text)))
		text[0] = '\0';
	for (line = strtok_r(text, "\n", &rest); pagemap >= 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		unsigned long start, end;
		char prot[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, prot) != 3 || !strcmp(prot, "---p") ||
		    region_was((void *)start))
			continue;
		n = add_pages(pagemap, start, end, n);
	}
	if (pagemap >= 0)
		close(pagemap);
	return n;
}

/* The processes of a group; -1 where they cannot be read or are too many. */
static int list_pids(const char *group, int *pids)
{
	char path[640], *at;
	int nr = 0;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	if (!read_file(path, text, sizeof(text)))
		return -1;
	for (at = text; *at; at += strcspn(at, "\n") + 1) {
		if (nr == MAX_PIDS)
			return -1;
		pids[nr++] = strtol(at, NULL, 10);
	}
	return nr;
}

/* The number by which /proc/kpagecgroup knows a group; 0 where there is none. */
uint64_t own_number(const char *group)
{
	struct stat st;

	return stat(group, &st) ? 0 : st.st_ino;
}

/*
 * How many of the first @n pages are charged to one of the groups, each once: processes share
 * pages after a fork. What was charged to a group that has been removed counts for the one
 * above it, but only when it is gone for good, which takes a moment
 * (mm/memcontrol.c:page_cgroup_ino()).
 */
static long long count_charged(size_t n, const uint64_t *groups, size_t nr_groups)
{
	static uint64_t inos[64];
	int fd = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC);
	long long found = 0;

	if (fd < 0)
		return -1;
	qsort(own, n, sizeof(*own), compare);
	for (size_t i = 0, next; i < n; i = next) {
		size_t run = 1;

		/* Frames that follow each other are read at once. */
		for (next = i + 1; next < n; next++) {
			if (own[next] == own[next - 1])
				continue;
			if (own[next] != own[next - 1] + 1 || run == sizeof(inos) / sizeof(*inos))
				break;
			run++;
		}
		if (pread(fd, inos, run * sizeof(*inos), own[i] * sizeof(*inos)) !=
		    (ssize_t)(run * sizeof(*inos))) {
			found = -1;
			break;
		}
		for (size_t page = 0; page < run; page++)
			for (size_t group = 0; group < nr_groups; group++)
				found += inos[page] && inos[page] == groups[group];
	}
	close(fd);
	return found;
}

/* -1 where there is more than can be counted. */
static long long charged(size_t n, const uint64_t *groups, size_t nr_groups)
{
	return n == MAX_OWN ? -1 : count_charged(n, groups, nr_groups);
}

/* Appends the pages of the processes in a group; MAX_OWN where they cannot be told. */
static size_t add_group(const char *group, size_t n)
{
	int pids[MAX_PIDS];
	const int nr = list_pids(group, pids);

	if (nr < 0)
		return MAX_OWN;
	for (int i = 0; i < nr; i++)
		n = add_process(pids[i], n);
	return n;
}

/*
 * Anonymous pages of the processes in a group that no step mapped and that are charged to it;
 * -1 where they cannot be told.
 */
long long own_count(const char *group)
{
	const uint64_t number = own_number(group);

	return number ? charged(add_group(group, 0), &number, 1) : -1;
}

/* Those of this process and of the ones in @group that are charged to some of @groups. */
long long own_count_in(const uint64_t *groups, size_t nr_groups, const char *group)
{
	size_t n = add_process(getpid(), 0);

	return charged(group ? add_group(group, n) : n, groups, nr_groups);
}
