// SPDX-License-Identifier: GPL-2.0-only
/* The control group that the test process is charged in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define ROOT "/sys/fs/cgroup"
/* Holds the groups of the steps: what a group had when it was removed is still charged here. */
#define PARENT ROOT "/zdagent"
/* Where the process is while it asks; no group of a step has such a name. */
#define PROBE PARENT "/.probe"
#define LAST_GROUPS 15

/* Where the process was before it entered a group. */
static char home[256];
/*
 * PARENT, and the last groups that were entered: a page is charged to one of them also after
 * it has been removed.
 */
static uint64_t groups[1 + LAST_GROUPS];
static unsigned int entered;

static int write_file(struct step *s, const char *group, const char *file, const char *text)
{
	char path[512];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error ? fail(s, error, "%s: %s", path, strerror(error)) : 0;
}

static int make_group(struct step *s, const char *path)
{
	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	return fail(s, errno, "%s: %s", path, strerror(errno));
}

static int find_group(struct step *s, char *to, size_t size)
{
	static char text[512];
	char *at;

	at = read_file("/proc/self/cgroup", text, sizeof(text)) ? strstr(text, "0::/") : NULL;
	if (!at)
		return fail(s, EOPNOTSUPP, "this kernel has no control groups");
	at += strlen("0::");
	at[strcspn(at, "\n")] = '\0';
	snprintf(to, size, ROOT "%.200s", at);
	return 0;
}

static int go_to(struct step *s, const char *group)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", getpid());
	return write_file(s, group, "cgroup.procs", pid);
}

static int enter(struct step *s, const char *group, uint64_t limit)
{
	char max[32];

	if (*home)
		return fail(s, EBUSY, "the process is in a group already");
	if (find_group(s, home, sizeof(home)) || make_group(s, PARENT) ||
	    write_file(s, PARENT, "cgroup.subtree_control", "+memory") || make_group(s, group))
		goto undo;
	charge_warm_up(home);
	snprintf(max, sizeof(max), "%llu", (unsigned long long)limit * PAGE_BYTES);
	if ((limit && write_file(s, group, "memory.max", max)) || go_to(s, group))
		goto undo;
	groups[0] = own_number(PARENT);
	groups[1 + entered++ % LAST_GROUPS] = own_number(group);
	return 0;
undo:
	*home = '\0';
	return -1;
}

static int leave(struct step *s, const char *group)
{
	if (!*home)
		return fail(s, EINVAL, "the process is in no group");
	if (go_to(s, home))
		return -1;
	*home = '\0';
	if (rmdir(group))
		return fail(s, errno, "%s: %s", group, strerror(errno));
	return 0;
}

/*
 * What is charged to the groups of the steps, those that were removed included.
 * It is asked for in a group of its own beside them, so that what makes the
 * counters current neither meets their limits nor is charged to them. That group
 * stays: what CPUs hold back of one that was removed is given back later, and
 * counts as charged until then.
 */
static int write_usage(struct step *s)
{
	struct memcg_stat stat = { 0 };
	long long current = 0, own;
	char before[256];
	bool done;

	if (access(PARENT "/memory.current", R_OK))
		return 0;
	if (find_group(s, before, sizeof(before)) || make_group(s, PROBE) || go_to(s, PROBE))
		return -1;
	/* First: what is touched for it is charged here. */
	own = own_count_in(groups, sizeof(groups) / sizeof(*groups), *home ? before : NULL);
	done = usage_read(PARENT, PROBE, &current, &stat);
	if (go_to(s, before))
		return -1;
	if (!done)
		return fail(s, EAGAIN, PARENT ": the counters did not stand still");
	if (own < 0)
		return fail(s, EAGAIN, PARENT ": who has its pages cannot be told");
	out_f(s->extra, ",\"usage\":{\"current\":%lld,\"kernel\":%lld,\"anon\":%lld,\"own\":%lld}",
	      current, stat.kernel, stat.anon, own);
	return 0;
}

/* A group is left in any case: the next steps are to be charged as those before. */
void cgroup_leave(void)
{
	struct step s = { 0 };

	if (!*home)
		return;
	go_to(&s, home);
	*home = '\0';
}

int op_cgroup(struct step *s)
{
	json_t *in = json_object_get(s->req, "enter"), *out = json_object_get(s->req, "leave");
	const char *name = in ? arg_string(s, "enter") : out ? arg_string(s, "leave") : "";
	char group[128];
	uint64_t limit;

	if (!name || arg_u64(s, s->req, "limit", 0, 1 << 24, &limit))
		return -1;
	if ((in && out) ||
	    ((in || out) && (!*name || strlen(name) > 32 || strchr(name, '/') || *name == '.')))
		return fail(s, EINVAL, "\"enter\" or \"leave\": the name of a group");
	snprintf(group, sizeof(group), PARENT "/%s", name);
	if ((in && enter(s, group, limit)) || (out && leave(s, group)))
		return -1;
	return write_usage(s);
}
