// SPDX-License-Identifier: GPL-2.0-only
/* Where the pages of a mapping are, as /proc sees it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define PM_PFRAME	((1ull << 55) - 1)
#define PM_EXCLUSIVE	(1ull << 56)
#define PM_SWAP		(1ull << 62)
#define PM_PRESENT	(1ull << 63)
#define SWAP_TYPE_BITS	5	/* MAX_SWAPFILES_SHIFT: below the offset in a swap entry */

/* The last type but that of markers (include/linux/swap.h). */
#define SWP_DEVICE_EXCLUSIVE 30
/* Below it are the types of swap areas, in every config (MAX_SWAPFILES). */
#define SWP_AREAS	24

/*
 * A device page shows as a swap entry whose offset is its pfn
 * (fs/proc/task_mmu.c:pte_to_pagemap_entry()).
 */
struct where {
	const char *state;
	int64_t pfn;	/* device page, or -1 */
	int64_t slot;	/* in the swap area, or -1 */
	int type;	/* swap type: tells read, write and migration entries apart */
	bool exclusive;
};

static struct where where_is(uint64_t entry)
{
	struct where w = { .state = "none", .pfn = -1, .slot = -1, .type = -1 };

	if (entry & PM_PRESENT) {
		/* CPUs reach coherent pages where they are. */
		w.pfn = device_page(entry & PM_PFRAME);
		w.state = w.pfn < 0 ? "ram" : "device";
		w.exclusive = entry & PM_EXCLUSIVE;
	} else if (entry & PM_SWAP) {
		uint64_t offset = (entry & PM_PFRAME) >> SWAP_TYPE_BITS;

		w.type = entry & ((1 << SWAP_TYPE_BITS) - 1);
		w.state = w.type == SWP_DEVICE_EXCLUSIVE ? "exclusive" : "swap";
		if (w.type < SWP_AREAS) {
			w.state = "swapped";
			w.slot = offset;
			return w;
		}
		w.pfn = device_page(offset);
		if (w.pfn >= 0)
			w.state = "device";
	}
	return w;
}

/* Whether b is n behind a, or neither is anywhere. */
static bool goes_on(int64_t a, int64_t b, uint64_t n)
{
	return a < 0 ? b < 0 : b == a + (int64_t)n;
}

static bool follows(const struct where *a, const struct where *b, uint64_t n)
{
	return a->state == b->state && a->type == b->type && a->exclusive == b->exclusive &&
	       goes_on(a->pfn, b->pfn, n) && goes_on(a->slot, b->slot, n);
}

static void write_run(struct out *o, const struct where *w, uint64_t page, uint64_t n)
{
	out_f(o, "%s{\"page\":%llu,\"n\":%llu,\"state\":\"%s\"", page ? "," : "",
	      (unsigned long long)page, (unsigned long long)n, w->state);
	if (w->pfn >= 0)
		out_f(o, ",\"pfn\":%lld", (long long)w->pfn);
	if (w->slot >= 0)
		out_f(o, ",\"slot\":%lld", (long long)w->slot);
	if (w->type >= 0)
		out_f(o, ",\"type\":%d", w->type);
	if (w->exclusive)
		out_text(o, ",\"exclusive\":true");
	out_text(o, "}");
}

static int write_runs(struct step *s, const struct region *r, const uint64_t *entries)
{
	struct where first = where_is(entries[0]);
	uint64_t start = 0;

	out_text(s->extra, "[");
	for (uint64_t i = 1; i <= r->pages; i++) {
		struct where w = where_is(i < r->pages ? entries[i] : 0);

		if (i < r->pages && follows(&first, &w, i - start))
			continue;
		write_run(s->extra, &first, start, i - start);
		first = w;
		start = i;
	}
	out_text(s->extra, "]");
	return 0;
}

/* An entry for each page, to be freed; NULL after fail(). */
static uint64_t *read_entries(struct step *s, const struct region *r)
{
	size_t bytes = r->pages * sizeof(uint64_t);
	off_t at = (uintptr_t)r->base / PAGE_BYTES * sizeof(uint64_t);
	uint64_t *entries = malloc(bytes);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool done = entries && fd >= 0 && pread(fd, entries, bytes, at) == (ssize_t)bytes;

	if (fd >= 0)
		close(fd);
	if (done)
		return entries;
	free(entries);
	fail(s, EIO, "cannot read /proc/self/pagemap");
	return NULL;
}

static int usermap_pages(struct step *s, const struct region *r)
{
	uint64_t *entries = read_entries(s, r);
	int ret = entries ? write_runs(s, r, entries) : -1;

	free(entries);
	return ret;
}

/* Reads each page of the range that is swapped out: it is mapped again, and clean. */
int read_swapped(struct step *s, const struct region *r, uint64_t page, uint64_t n)
{
	uint64_t *entries = read_entries(s, r);

	if (!entries)
		return -1;
	for (uint64_t i = page; i < page + n; i++)
		if (where_is(entries[i]).slot >= 0)
			(void)*(volatile uint8_t *)(r->base + i * PAGE_BYTES);
	free(entries);
	return 0;
}

/* Sums of smaps over the VMAs of the mapping (the reservation has no pages). */
static int usermap_smaps(struct step *s, const struct region *r)
{
	static const char *const keys[] = { "Rss", "Anonymous", "AnonHugePages", "Swap", "Locked" };
	unsigned long long sums[ARRAY_SIZE(keys)] = { 0 };
	uintptr_t from = (uintptr_t)r->base, to = from + r->pages * PAGE_BYTES;
	FILE *file = fopen("/proc/self/smaps", "re");
	bool inside = false;
	char line[256];

	if (!file)
		return fail(s, EIO, "cannot read /proc/self/smaps");
	while (fgets(line, sizeof(line), file)) {
		unsigned long long start, end, kb;
		char key[32];

		if (sscanf(line, "%llx-%llx %*s", &start, &end) == 2 &&
		    strchr(line, '-') < strchr(line, ' '))
			inside = start >= from && end <= to;
		else if (inside && sscanf(line, "%31[^:]: %llu kB", key, &kb) == 2)
			for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
				if (!strcmp(key, keys[i]))
					sums[i] += kb;
	}
	fclose(file);
	out_text(s->extra, ",\"smaps_kb\":{");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		out_f(s->extra, "%s\"%s\":%llu", i ? "," : "", keys[i], sums[i]);
	out_text(s->extra, "}");
	return 0;
}

/* The number of kB behind @key in the text of a file of /proc, or -1. */
static long long kb_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/*
 * What the mm counts as anonymous and as swapped out, beside what its page tables map
 * (fs/proc/task_mmu.c:smaps_account(), device pages included). The kernel itself compares the
 * count with nothing before the process ends (kernel/fork.c:check_mm()). The other thread may
 * touch a new page in between: it is asked again.
 */
void write_rss(struct step *s)
{
	static char buf[8192];
	long long counted, mapped, swap, swapped;

	if (s->rss_written)
		return;
	s->rss_written = true;
	memset(buf, 0, sizeof(buf));
	for (int i = 0; i < 3; i++) {
		if (!read_file("/proc/self/status", buf, sizeof(buf)))
			return;
		swap = kb_of(buf, "\nVmSwap:");
		counted = kb_of(buf, "\nRssAnon:");
		if (!read_file("/proc/self/smaps_rollup", buf, sizeof(buf)))
			return;
		mapped = kb_of(buf, "\nAnonymous:");
		swapped = kb_of(buf, "\nSwap:");
		if (counted == mapped && swap == swapped)
			break;
	}
	if (counted >= 0 && mapped >= 0)
		out_f(s->extra,
		      ",\"rss\":{\"counted_kb\":%lld,\"mapped_kb\":%lld,\"swap_kb\":%lld,\"swapped_kb\":%lld}",
		      counted, mapped, swap, swapped);
}

/* A member with the runs of a mapping; nothing of it where they cannot be read. */
static int write_member(struct step *s, const char *before, const char *name,
			const struct region *r)
{
	size_t len = s->extra->len;

	out_text(s->extra, before);
	out_string(s->extra, name, strlen(name));
	out_text(s->extra, ":");
	if (!usermap_pages(s, r))
		return 0;
	s->extra->len = len;
	return -1;
}

int op_usermap(struct step *s)
{
	struct region *r = region_get(s);

	if (!r)
		return -1;
	if (write_member(s, ",", "pages", r) || usermap_smaps(s, r))
		return -1;
	write_rss(s);
	return 0;
}

/* Whether "map" is what it has to be, asked before anything is done. */
int check_maps(struct step *s)
{
	json_t *names = json_object_get(s->req, "map");
	bool good = !names || json_is_array(names);
	size_t i;
	json_t *name;

	if (good)
		json_array_foreach(names, i, name)
			good = good && json_is_string(name);
	return good ? 0 : fail(s, EINVAL, "\"map\": expected names of mappings");
}

/*
 * "map" of any step: the mappings of that name which there are after it, without what smaps
 * says of them.
 */
int write_maps(struct step *s)
{
	json_t *names = json_object_get(s->req, "map");
	size_t len = s->extra->len;
	const char *before = "";
	size_t i;
	json_t *name;

	if (!names)
		return 0;
	out_text(s->extra, ",\"maps\":{");
	json_array_foreach(names, i, name) {
		const struct region *r = region_find(json_string_value(name));

		if (!r)
			continue;
		if (write_member(s, before, r->name, r)) {
			s->extra->len = len;
			return -1;
		}
		before = ",";
	}
	out_text(s->extra, "}");
	write_rss(s);
	return 0;
}
