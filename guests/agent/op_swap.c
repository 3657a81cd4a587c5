// SPDX-License-Identifier: GPL-2.0-only
/* Swap, on the disk of the module: there while a step wants it, and at no other time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "agent.h"

#define DISK "/dev/zdswap"
/*
 * Eight clusters of a huge page: with more than half of it in use the kernel
 * keeps nothing in the swap cache (include/linux/swap.h:vm_swap_full()).
 */
#define DEFAULT_PAGES 4096
#define WINDOW "/proc/sys/vm/page-cluster"
#define GROUPS "/sys/fs/cgroup"

static bool on;
/* On a disk that is waited for: what it held would never end. */
static bool waited_for;
/* How many pages a fault read before, as a power of two. */
static char window[16];

static bool write_knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	if (fd >= 0)
		close(fd);
	return done;
}

static int ask_disk(struct step *s, uint32_t pages, uint32_t flags)
{
	struct zdplace_swap arg = { .pages = pages, .flags = flags };

	return device_ioctl(s, ZDPLACE_IOC_SWAP, &arg);
}

static int switch_on(struct step *s, uint32_t pages, bool synchronous)
{
	if (on)
		return fail(s, EBUSY, "swap is on already");
	if (ask_disk(s, pages, synchronous ? ZDPLACE_F_SYNCHRONOUS : 0))
		return -1;
	/* One fault, one page: which others are in the swap cache is for the steps to say. */
	if (!read_file(WINDOW, window, sizeof(window)) || !write_knob(WINDOW, "0"))
		fail(s, EIO, "cannot set " WINDOW);
	else if (swapon(DISK, 0))
		fail(s, errno, "swapon: %s", strerror(errno));
	else
		on = true;
	waited_for = synchronous;
	if (!on) {
		struct step ignored = { 0 };

		write_knob(WINDOW, window);
		ask_disk(&ignored, 0, 0);
		return -1;
	}
	return 0;
}

/* What is in swap comes back to whoever has it. */
static int switch_off(struct step *s)
{
	if (!on)
		return fail(s, EINVAL, "swap is off");
	/* It waits for writes. */
	if (ask_disk(s, 0, ZDPLACE_F_LET_GO))
		return -1;
	if (swapoff(DISK))
		return fail(s, errno, "swapoff: %s", strerror(errno));
	on = false;
	write_knob(WINDOW, window);
	return ask_disk(s, 0, 0);
}

static long long used_pages(const struct sysinfo *info)
{
	return (long long)(info->totalswap - info->freeswap) * info->mem_unit / PAGE_BYTES;
}

/*
 * For a reset, with nothing mapped any more. A slot that is still in use was
 * lost by somebody, and swapoff() would look for its owner for ever.
 */
int swap_end(struct step *s)
{
	struct sysinfo info;

	if (!on)
		return 0;
	if (ask_disk(s, 0, ZDPLACE_F_LET_GO))
		return -1;
	if (sysinfo(&info) || used_pages(&info))
		return fail(s, EBUSY, "%lld swap slots are in use though nothing is mapped",
			    used_pages(&info));
	return switch_off(s);
}

/* Pages of swap that a group and those below are charged for; -1 where there is no such group. */
static long long charged(const char *group)
{
	const int fd = memcg_open(group, "memory.swap.current");
	const long long pages = fd < 0 ? -1 : memcg_pages(fd);

	if (fd >= 0)
		close(fd);
	return pages;
}

/* The number behind @key in the text of /proc/vmstat; -1 where the kernel has no such counter. */
static long long number(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/* /proc/vmstat as it is now, of all CPUs; empty where it cannot be read. */
static const char *all_counters(void)
{
	static char text[16 << 10];

	fold_vmstat();
	if (!read_file("/proc/vmstat", text, sizeof(text)))
		text[0] = '\0';
	return text;
}

/* Pages in the swap cache. */
long long swap_cached(void)
{
	return number(all_counters(), "\nnr_swapcached ");
}

/* While swap is on: how much of it is in use, by the counters of the kernel. */
void write_swap(struct out *o)
{
	const char *text;
	struct sysinfo info;
	long long here, steps;

	if (sysinfo(&info) || !info.totalswap)
		return;
	out_f(o, ",\"swap\":{\"pages\":%lld,\"used\":%lld",
	      (long long)info.totalswap * info.mem_unit / PAGE_BYTES, used_pages(&info));
	text = all_counters();
	if (*text)
		out_f(o, ",\"cached\":%lld,\"restored\":%lld", number(text, "\nnr_swapcached "),
		      number(text, "\nworkingset_restore_anon "));
	/* That of the agent, and that of the steps where they made one. */
	here = charged(GROUPS "/guest");
	steps = charged(GROUPS "/zdagent");
	if (here >= 0)
		out_f(o, ",\"charged\":%lld", here + (steps < 0 ? 0 : steps));
	out_text(o, "}");
}

int op_swap(struct step *s)
{
	uint64_t pages;
	bool want, synchronous, hold;

	if (arg_bool(s, "on", true, &want) || arg_bool(s, "sync", false, &synchronous) ||
	    arg_bool(s, "hold", false, &hold) ||
	    arg_u64(s, s->req, "pages", DEFAULT_PAGES, ZDPLACE_MAX_SWAP_PAGES, &pages))
		return -1;
	if (!want)
		return switch_off(s);
	if (!pages)
		return fail(s, EINVAL, "\"pages\": at least 2");
	if (json_object_get(s->req, "hold")) {
		if (!on || waited_for)
			return fail(s, EINVAL,
				    "\"hold\": needs swap, and a disk that is not synchronous");
		if (ask_disk(s, 0, hold ? ZDPLACE_F_HOLD : ZDPLACE_F_LET_GO))
			return -1;
	} else if (switch_on(s, pages, synchronous)) {
		return -1;
	}
	return 0;
}
