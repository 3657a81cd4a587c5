// SPDX-License-Identifier: GPL-2.0-only
/* What every reply says: references, callbacks, struct pages that changed. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent.h"

#define MAX_EVENTS 8192
/* The chunk is a multiple of it: it consists of huge pages. */
#define BLOCK_PAGES 64

static struct zdplace_event events[MAX_EVENTS];
static uint8_t *shadow;
static uint8_t *fresh;
/*
 * Pages that are observed: those of the chunk, and the coherent ones only where somebody asked
 * for it.
 */
static uint64_t watched;
static uint32_t *changed;
/* Of each block of the shadow, and of the whole. */
static uint32_t *crcs;
static uint32_t crc;

static void update_crc(uint64_t block)
{
	size_t bytes = BLOCK_PAGES * device.page_size;

	crcs[block] = crc32_of(shadow + block * bytes, bytes);
}

static void join_crcs(void)
{
	crc = crcs[0];
	for (uint64_t block = 1; block < watched / BLOCK_PAGES; block++)
		crc = crc32_join(crc, crcs[block]);
}

void observe_setup(void)
{
	if (device.fd < 0)
		return;
	watched = device.pages;
	shadow = calloc(device.all, device.page_size);
	fresh = calloc(device.all, device.page_size);
	changed = calloc(device.all, sizeof(*changed));
	crcs = calloc(device.all / BLOCK_PAGES, sizeof(*crcs));
	if (!shadow || !fresh || !changed || !crcs)
		exit(1);
	crc32_setup_join(BLOCK_PAGES * device.page_size);
	device_read(shadow, 0, device.bytes);
	for (uint64_t block = 0; block < device.pages / BLOCK_PAGES; block++)
		update_crc(block);
	join_crcs();
}

/* To begin with all of them count as changed: nobody knows them yet. */
void observe_coherent(bool on)
{
	uint64_t was = watched;

	watched = on ? device.all : device.pages;
	if (watched == was)
		return;
	memset(shadow + device.bytes, 0, (device.all - device.pages) * device.page_size);
	for (uint64_t block = device.pages / BLOCK_PAGES; block < device.all / BLOCK_PAGES; block++)
		update_crc(block);
	join_crcs();
}

/* Coherent pages lie behind what a reuse has kept. */
static bool read_watched(void)
{
	return device_read(fresh, 0, device.bytes) &&
	       (watched == device.pages || device_read(fresh + device.bytes, 2 * device.bytes,
						      (watched - device.pages) * device.page_size));
}

static const char *event_name(uint32_t fn)
{
	switch (fn) {
	case ZDPLACE_CB_FOLIO_FREE:
		return "folio_free";
	case ZDPLACE_CB_FOLIO_SPLIT:
		return "folio_split";
	default:
		return "migrate_to_ram";
	}
}

static void write_events(struct out *o, uint32_t n)
{
	out_text(o, ",\"cb\":[");
	for (uint32_t i = 0; i < n; i++) {
		const struct zdplace_event *e = &events[i];

		out_text(o, i ? ",{\"fn\":\"" : "{\"fn\":\"");
		out_text(o, event_name(e->fn));
		out_text(o, "\",\"pfn\":");
		out_int(o, e->pfn);
		out_text(o, ",\"order\":");
		out_int(o, e->order);
		if (e->tail != ZDPLACE_NO_TAIL) {
			out_text(o, ",\"tail\":");
			out_int(o, e->tail);
		}
		out_text(o, "}");
	}
	out_text(o, "]");
}

/* The sum, and where it is not that of the first page map alone, each. */
static void write_refs(struct out *o, const __s64 refs[ZDPLACE_OWNERS])
{
	long long sum = 0;

	for (int i = 0; i < ZDPLACE_OWNERS; i++)
		sum += refs[i];
	out_f(o, ",\"refs\":%lld", sum);
	if (refs[ZDPLACE_OWNER_SECOND] || refs[ZDPLACE_OWNER_COHERENT])
		out_f(o, ",\"refs_of\":[%lld,%lld,%lld]", (long long)refs[ZDPLACE_OWNER_FIRST],
		      (long long)refs[ZDPLACE_OWNER_SECOND],
		      (long long)refs[ZDPLACE_OWNER_COHERENT]);
}

static void observe_counters(struct out *o)
{
	struct zdplace_counters c = { .events = (uintptr_t)events, .max_events = MAX_EVENTS };

	if (device.fd < 0) {
		out_text(o, ",\"refs\":0,\"cb\":[]");
		return;
	}
	if (ioctl(device.fd, ZDPLACE_IOC_COUNTERS, &c))
		return;
	write_refs(o, c.refs);
	write_events(o, c.nr_events);
	if (c.dropped)
		out_f(o, ",\"cb_dropped\":%u", c.dropped);
	if (c.early)
		out_f(o, ",\"early\":%u", c.early);
	if (c.locked)
		out_f(o, ",\"free_locked\":%u", c.locked);
}

/* Set by the step whose callback made a folio of what it had just got. */
static bool freed;

void observe_freed(void)
{
	__atomic_store_n(&freed, true, __ATOMIC_RELEASE);
}

static uint32_t find_changes(uint64_t pages)
{
	size_t size = device.page_size;
	uint32_t n = 0;

	for (uint64_t block = 0; block < pages; block += BLOCK_PAGES) {
		if (!memcmp(shadow + block * size, fresh + block * size, BLOCK_PAGES * size))
			continue;
		for (uint64_t page = block; page < block + BLOCK_PAGES; page++)
			if (memcmp(shadow + page * size, fresh + page * size, size))
				changed[n++] = page;
	}
	return n;
}

/*
 * The first n pages of the list with their words; pages in a row that are alike
 * share one struct page, as all tails but the first few of a folio are. Where
 * @from is @fresh, too, each is read before something is put in its place.
 */
static void write_pages(struct out *o, const char *name, const uint8_t *from, uint32_t n)
{
	const size_t size = device.page_size;
	uint8_t *next = fresh;

	out_f(o, ",\"%s\":{\"pfns\":[", name);
	for (uint32_t i = 0, in_row; i < n; i += in_row) {
		uint8_t *last = next;

		memmove(last, from + changed[i] * size, size);
		for (in_row = 1; i + in_row < n && changed[i + in_row] == changed[i] + in_row;
		     in_row++)
			if (memcmp(from + changed[i + in_row] * size, last, size))
				break;
		out_text(o, i ? "," : "");
		if (in_row > 1)
			out_text(o, "[");
		out_int(o, changed[i]);
		if (in_row > 1) {
			out_text(o, ",");
			out_int(o, in_row);
			out_text(o, "]");
		}
		next += size;
	}
	out_text(o, "],\"words\":\"");
	out_base64(o, fresh, next - fresh);
	out_text(o, "\"");
}

/* The changed pages as the callback of a reuse found them: what the free alone had done. */
static void write_freed(struct out *o)
{
	if (!__atomic_exchange_n(&freed, false, __ATOMIC_ACQUIRE) ||
	    !device_read(fresh, device.bytes, device.bytes))
		return;
	write_pages(o, "freed", fresh, find_changes(device.pages));
	out_text(o, "}");
}

static void observe_changes(struct out *o)
{
	uint32_t n = 0;
	uint8_t *old;

	if (device.fd >= 0) {
		/*
		 * Unread is not unchanged: leaving it out lets the host see that it was told
		 * nothing.
		 */
		if (!read_watched())
			return;
		n = find_changes(watched);
	}
	if (n) {
		old = shadow;
		shadow = fresh;
		fresh = old;
		for (uint32_t i = 0; i < n; i++)
			if (!i || changed[i] / BLOCK_PAGES != changed[i - 1] / BLOCK_PAGES)
				update_crc(changed[i] / BLOCK_PAGES);
		join_crcs();
	}
	/* The old copy is not needed any more: the changed pages are packed there. */
	write_pages(o, "changed", shadow, n);
	if (watched > device.pages)
		out_f(o, ",\"pages\":%llu", (unsigned long long)watched);
	out_f(o, ",\"crc\":\"0x%08x\"}", crc);
}

void observe(struct out *o)
{
	observe_counters(o);
	write_freed(o);
	observe_changes(o);
	kmsg_lines(o);
}

/* Read anew, whether changed or not; does not touch the shadow. */
void observe_pages(struct out *o, uint64_t pfn, uint64_t n)
{
	const size_t size = device.page_size;
	uint32_t crc_of_pages;

	if (!device_read(fresh + pfn * size, pfn * size, n * size))
		n = 0;
	for (uint64_t i = 0; i < n; i++)
		changed[i] = pfn + i;
	crc_of_pages = crc32_of(fresh + pfn * size, n * size);
	write_pages(o, "pages", fresh, n);
	out_f(o, ",\"crc\":\"0x%08x\"}", crc_of_pages);
}
