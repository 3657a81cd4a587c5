// SPDX-License-Identifier: GPL-2.0-only
/* The agent's own pages after a fork. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define PM_PRESENT (1ull << 63)

/* A write to each page that is there, which changes nothing in it. */
static void rewrite(int pagemap, uintptr_t start, uintptr_t end)
{
	uint64_t entries[512];

	for (uintptr_t at = start; at < end;) {
		ssize_t got = pread(pagemap, entries, sizeof(entries),
				    at / PAGE_BYTES * sizeof(*entries));

		if (got <= 0)
			return;
		for (size_t i = 0; i < got / sizeof(*entries) && at < end; i++, at += PAGE_BYTES)
			if (entries[i] & PM_PRESENT)
				__atomic_fetch_or((uint8_t *)at, 0, __ATOMIC_RELAXED);
	}
}

/*
 * fork() shares the agent's own pages with the child until one of them writes.
 * The main thread must not have to fault later, while a step that hangs holds
 * the mmap lock: takes the agent's copies now. The mappings of the steps are
 * left as the fork made them.
 */
void break_cow(void)
{
	static char maps[64 << 10];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;
	char *line, *rest;

	while (fd >= 0 && len < sizeof(maps) - 1 &&
	       (n = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += n;
	maps[len] = '\0';
	for (line = strtok_r(maps, "\n", &rest); pagemap >= 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		unsigned long start, end;
		char prot[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, prot) != 3 || strcmp(prot, "rw-p"))
			continue;
		if (!region_has((void *)start))
			rewrite(pagemap, start, end);
	}
	if (fd >= 0)
		close(fd);
	if (pagemap >= 0)
		close(pagemap);
}
