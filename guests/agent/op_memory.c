// SPDX-License-Identifier: GPL-2.0-only
/* Operations on named mappings that any kernel has. */
#include <errno.h>
#include <stdio.h>

#include "agent.h"

#define MAX_MAP_PAGES (64 * 1024)
#define MAX_BAD 64
#define WORDS (PAGE_BYTES / sizeof(uint64_t))

/* First word of a page and the step to the next: any two pages differ everywhere. */
static uint64_t pattern(const struct region *r, uint64_t seed, uint64_t page, uint64_t *step)
{
	uint64_t x = seed + (r->first + page + 1) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	x ^= x >> 31;
	*step = x | 1;
	return x;
}

int op_mmap(struct step *s)
{
	const char *name = arg_string(s, "name");
	struct region *r;
	uint64_t pages;
	bool thp;

	if (!name || arg_u64(s, s->req, "pages", REQUIRED, MAX_MAP_PAGES, &pages) ||
	    arg_bool(s, "thp", false, &thp))
		return -1;
	if (!pages)
		return fail(s, EINVAL, "\"pages\": at least 1");
	r = region_new(s, name, pages, thp);
	if (!r)
		return -1;
	out_f(s->extra, ",\"addr\":\"0x%llx\"", (unsigned long long)(uintptr_t)r->base);
	return 0;
}

int op_insert(struct step *s)
{
	const char *name = arg_string(s, "name");
	uint64_t pages, pfn;

	if (!name || arg_u64(s, s->req, "pages", REQUIRED, device.all - device.pages, &pages) ||
	    arg_u64(s, s->req, "pfn", REQUIRED, device.all - 1, &pfn))
		return -1;
	if (!pages)
		return fail(s, EINVAL, "\"pages\": at least 1");
	return region_insert(s, name, pages, device.fd, pfn) ? 0 : -1;
}

static void fill_page(struct region *r, uint64_t page, void *arg)
{
	uint64_t *word = (uint64_t *)(r->base + page * PAGE_BYTES);
	uint64_t step, x = pattern(r, *(uint64_t *)arg, page, &step);

	for (size_t i = 0; i < WORDS; i++, x += step)
		word[i] = x;
	r->state[page] = PAGE_MAPPED;
}

int op_fill(struct step *s)
{
	struct region *r = region_get(s);
	uint64_t page, n, seed;
	struct access seen;

	if (!r || region_range(s, r, r->pages, &page, &n) ||
	    arg_u64(s, s->req, "seed", REQUIRED, UINT64_MAX, &seed))
		return -1;
	region_access(r, page, n, fill_page, &seed, &seen);
	access_write(s->extra, &seen);
	return seen.signal ? fail(s, EFAULT, "signal while writing") : 0;
}

struct verify {
	uint64_t seed;
	struct out *out;
	uint64_t bad;
};

static void verify_page(struct region *r, uint64_t page, void *arg)
{
	const volatile uint64_t *word = (const volatile uint64_t *)(r->base + page * PAGE_BYTES);
	struct verify *v = arg;
	uint64_t step, x = pattern(r, v->seed, page, &step);
	size_t i;

	if (r->state[page] == PAGE_EMPTY) {
		x = 0;
		step = 0;
	}
	for (i = 0; i < WORDS && word[i] == x; i++)
		x += step;
	if (i == WORDS)
		return;
	if (v->bad < MAX_BAD)
		out_f(v->out,
		      "%s{\"page\":%llu,\"word\":%zu,\"expected\":\"0x%llx\",\"found\":\"0x%llx\"}",
		      v->bad ? "," : "", (unsigned long long)page, i, (unsigned long long)x,
		      (unsigned long long)word[i]);
	v->bad++;
}

/* Reads by CPU, so a page on the device comes back: the faults say whether one did. */
int op_verify(struct step *s)
{
	struct region *r = region_get(s);
	struct verify v = { .out = s->extra };
	struct access seen;
	uint64_t page, n;

	if (!r || region_range(s, r, r->pages, &page, &n) ||
	    arg_u64(s, s->req, "seed", REQUIRED, UINT64_MAX, &v.seed))
		return -1;
	out_text(s->extra, ",\"bad\":[");
	region_access(r, page, n, verify_page, &v, &seen);
	out_f(s->extra, "],\"bad_pages\":%llu", (unsigned long long)v.bad);
	access_write(s->extra, &seen);
	return seen.signal ? fail(s, EFAULT, "signal while reading") : 0;
}

static void read_page(struct region *r, uint64_t page, void *arg)
{
	(void)arg;
	(void)*(volatile uint64_t *)(r->base + page * PAGE_BYTES);
}

/* A write access that keeps the data. */
static void write_page(struct region *r, uint64_t page, void *arg)
{
	(void)arg;
	__atomic_fetch_or((uint64_t *)(r->base + page * PAGE_BYTES), 0, __ATOMIC_SEQ_CST);
}

int op_touch(struct step *s)
{
	struct region *r = region_get(s);
	struct access seen;
	uint64_t page, n;
	bool write;

	if (!r || region_range(s, r, 1, &page, &n) || arg_bool(s, "write", false, &write))
		return -1;
	region_access(r, page, n, write ? write_page : read_page, NULL, &seen);
	access_write(s->extra, &seen);
	return seen.signal ? fail(s, EFAULT, "signal while touching") : 0;
}
