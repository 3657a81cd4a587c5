// SPDX-License-Identifier: GPL-2.0-only
/* Named anonymous mappings, and access to them that survives a signal. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "agent.h"

#define MAX_REGIONS 64
#define MAX_PAST 256
#define HUGE_BYTES ((size_t)HUGE_PAGES * PAGE_BYTES)

static struct region regions[MAX_REGIONS];
/*
 * Every range that a mapping of any process was ever in: a child may still have there what its
 * parent unmapped.
 */
struct past {
	size_t nr;
	struct {
		const uint8_t *start;
		size_t bytes;
	} at[MAX_PAST];
};

static struct past *past;
static __thread sigjmp_buf escape;
static __thread volatile sig_atomic_t guarded;

static void on_signal(int signal)
{
	if (guarded)
		siglongjmp(escape, signal);
	_exit(128 + signal);
}

void memory_setup(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	past = mmap(NULL, sizeof(*past), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (past == MAP_FAILED)
		exit(1);
}

struct region *region_find(const char *name)
{
	for (int i = 0; i < MAX_REGIONS; i++)
		if (regions[i].base && !strcmp(regions[i].name, name))
			return &regions[i];
	return NULL;
}

struct region *region_get(struct step *s)
{
	const char *name = arg_string(s, "name");
	struct region *r = name ? region_find(name) : NULL;

	if (name && !r)
		fail(s, ENOENT, "no mapping \"%.32s\"", name);
	return r;
}

int region_range(struct step *s, const struct region *r, uint64_t def_n, uint64_t *page,
		 uint64_t *n)
{
	if (arg_u64(s, s->req, "page", 0, r->pages - 1, page))
		return -1;
	if (def_n > r->pages - *page)
		def_n = r->pages - *page;
	return arg_u64(s, s->req, "n", def_n, r->pages - *page, n);
}

/* Whether all places that mappings ever had are known. */
bool regions_known(void)
{
	return past->nr < MAX_PAST;
}

/*
 * Whether p lies where a mapping is or was, or in the reservation around it; the agent maps
 * nothing else after its start.
 */
bool region_was(const void *p)
{
	for (size_t i = 0; i < past->nr; i++)
		if ((size_t)((const uint8_t *)p - past->at[i].start) < past->at[i].bytes)
			return true;
	return false;
}

static void remember(const uint8_t *start, size_t bytes)
{
	for (size_t i = 0; i < past->nr; i++) {
		if (past->at[i].start != start)
			continue;
		if (past->at[i].bytes < bytes)
			past->at[i].bytes = bytes;
		return;
	}
	if (past->nr < MAX_PAST) {
		past->at[past->nr].start = start;
		past->at[past->nr++].bytes = bytes;
	}
}

/*
 * A part of a mapping that was unmapped leaves a hole in its reservation, which the end of the
 * mapping unmaps with the rest: nothing else may be put there.
 */
static void *reserve_outside(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *outside;

	if (at == MAP_FAILED || !region_has(at))
		return at;
	/* While the hole is taken the kernel has to look elsewhere. */
	outside = reserve_outside(bytes);
	munmap(at, bytes);
	return outside;
}

/*
 * A name for pages that lie, from page @at of a huge page on, inside a
 * reservation that nothing may touch: without it the kernel would merge
 * neighbouring mappings into one VMA. Nothing is mapped there yet.
 */
struct region *region_reserve(struct step *s, const char *name, uint64_t pages, uint64_t at)
{
	size_t reserve = (pages + at) * PAGE_BYTES + 2 * HUGE_BYTES;
	struct region *r = NULL;
	uint8_t *place;

	if (!*name || strlen(name) >= sizeof(r->name)) {
		fail(s, EINVAL, "\"name\": 1 to %zu characters", sizeof(r->name) - 1);
		return NULL;
	}
	if (region_find(name)) {
		fail(s, EEXIST, "mapping \"%s\" exists", name);
		return NULL;
	}
	for (int i = 0; i < MAX_REGIONS && !r; i++)
		if (!regions[i].base)
			r = &regions[i];
	if (!r) {
		fail(s, ENFILE, "more than %d mappings", MAX_REGIONS);
		return NULL;
	}

	place = reserve_outside(reserve);
	if (place == MAP_FAILED) {
		fail(s, errno, "mmap: %s", strerror(errno));
		return NULL;
	}
	r->state = malloc(pages);
	if (!r->state) {
		munmap(place, reserve);
		fail(s, ENOMEM, "out of memory");
		return NULL;
	}
	memset(r->state, PAGE_EMPTY, pages);
	r->reserve = place;
	r->reserve_bytes = reserve;
	r->pages = pages;
	r->first = 0;
	r->locked = false;
	strcpy(r->name, name);
	/* At least one reserved page stays in front. */
	r->base =
		(uint8_t *)(((uintptr_t)place + HUGE_BYTES) & ~(HUGE_BYTES - 1)) + at * PAGE_BYTES;
	remember(r->reserve, r->reserve_bytes);
	return r;
}

struct region *region_new(struct step *s, const char *name, uint64_t pages, bool thp)
{
	struct region *r = region_reserve(s, name, pages, 0);
	size_t bytes = pages * PAGE_BYTES;

	if (!r)
		return NULL;
	if (mmap(r->base, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == MAP_FAILED ||
	    (madvise(r->base, bytes, thp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) && errno != EINVAL)) {
		fail(s, errno, "mmap: %s", strerror(errno));
		region_drop(s, r);
		return NULL;
	}
	return r;
}

/* Coherent device pages from @pfn on, which the driver puts into a VMA of its own. */
struct region *region_insert(struct step *s, const char *name, uint64_t pages, int fd, uint64_t pfn)
{
	struct region *r = region_reserve(s, name, pages, 0);

	if (!r)
		return NULL;
	if (mmap(r->base, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 pfn * PAGE_BYTES) == MAP_FAILED) {
		fail(s, errno, "mmap of the device: %s", strerror(errno));
		region_drop(s, r);
		return NULL;
	}
	return r;
}

int region_drop(struct step *s, struct region *r)
{
	if (munmap(r->reserve, r->reserve_bytes))
		return fail(s, errno, "munmap: %s", strerror(errno));
	free(r->state);
	memset(r, 0, sizeof(*r));
	return 0;
}

int region_unmap(struct step *s, struct region *r, uint64_t page, uint64_t n)
{
	if (n == r->pages)
		return region_drop(s, r);
	if (munmap(r->base + page * PAGE_BYTES, n * PAGE_BYTES))
		return fail(s, errno, "munmap: %s", strerror(errno));
	memset(r->state + page, PAGE_GONE, n);
	return 0;
}

int region_unmap_all(struct step *s)
{
	for (int i = 0; i < MAX_REGIONS; i++)
		if (regions[i].base && region_drop(s, &regions[i]))
			return -1;
	return 0;
}

/* Whether p lies in a mapping or in the reservation around it. */
bool region_has(const void *p)
{
	for (int i = 0; i < MAX_REGIONS; i++) {
		const struct region *r = &regions[i];

		if (r->base && (uintptr_t)p - (uintptr_t)r->reserve < r->reserve_bytes)
			return true;
	}
	return false;
}

bool region_access(struct region *r, uint64_t page, uint64_t n,
		   void (*visit)(struct region *r, uint64_t page, void *arg), void *arg,
		   struct access *seen)
{
	volatile uint64_t at = page;
	struct rusage before, after;

	memset(seen, 0, sizeof(*seen));
	getrusage(RUSAGE_THREAD, &before);
	seen->signal = sigsetjmp(escape, 0);
	if (!seen->signal) {
		guarded = 1;
		for (; at < page + n; at++)
			if (r->state[at] != PAGE_GONE)
				visit(r, at, arg);
	}
	guarded = 0;
	seen->page = at;
	getrusage(RUSAGE_THREAD, &after);
	seen->min_faults = after.ru_minflt - before.ru_minflt;
	seen->maj_faults = after.ru_majflt - before.ru_majflt;
	return !seen->signal;
}

void access_write(struct out *o, const struct access *seen)
{
	out_f(o, ",\"faults\":{\"min\":%llu,\"maj\":%llu}", (unsigned long long)seen->min_faults,
	      (unsigned long long)seen->maj_faults);
	if (seen->signal)
		out_f(o, ",\"signal\":{\"name\":\"SIG%s\",\"page\":%llu}",
		      sigabbrev_np(seen->signal), (unsigned long long)seen->page);
}
