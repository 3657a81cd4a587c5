// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all groups below one are charged for, but for the one that the process is
 * in while it asks. memory.stat is brought up to date after more than 64 changes
 * a CPU only (mm/memcontrol.c:memcg_vmstats_needs_flush()), or every two
 * seconds: the process makes so many, and takes out what they cost.
 */
#include <unistd.h>

#include "agent.h"

enum { ALL_CURRENT, PROBE_CURRENT, ALL_STAT, PROBE_STAT, NR_FILES };

#define TRIES	5

static bool differ(const int *fd, long long *current, struct memcg_stat *stat)
{
	long long before = memcg_pages(fd[PROBE_CURRENT]), all = memcg_pages(fd[ALL_CURRENT]);
	struct memcg_stat probe;

	/* A batch that was charged in between would be missing in the difference. */
	if (before < 0 || all < 0 || memcg_pages(fd[PROBE_CURRENT]) != before)
		return false;
	if (!memcg_stat(fd[ALL_STAT], stat) || !memcg_stat(fd[PROBE_STAT], &probe))
		return false;
	*current = all - before;
	stat->kernel -= probe.kernel;
	stat->file -= probe.file;
	stat->sock -= probe.sock;
	stat->anon -= probe.anon;
	return true;
}

/*
 * `probe` is the group of the process, below `all`. False where others were charged in it at
 * every try.
 */
bool usage_read(const char *all, const char *probe, long long *current, struct memcg_stat *stat)
{
	const int fd[NR_FILES] = {
		[ALL_CURRENT] = memcg_open(all, "memory.current"),
		[PROBE_CURRENT] = memcg_open(probe, "memory.current"),
		[ALL_STAT] = memcg_open(all, "memory.stat"),
		[PROBE_STAT] = memcg_open(probe, "memory.stat"),
	};
	bool done = false;

	/* The first round allocates the buffers of the files. */
	differ(fd, current, stat);
	for (int i = 0; i < TRIES && !done; i++) {
		charge_refresh();
		done = differ(fd, current, stat);
		charge_forget();
	}
	for (int i = 0; i < NR_FILES; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return done;
}
