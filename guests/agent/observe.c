// SPDX-License-Identifier: GPL-2.0-only
/* What every reply says: references, callbacks, struct pages that changed. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent.h"

#define MAX_EVENTS 8192
#define BLOCK_PAGES 64

static struct zdplace_event events[MAX_EVENTS];
static uint8_t *shadow;
static uint8_t *fresh;
static uint32_t *changed;
static uint32_t crc;

void observe_setup(void)
{
	if (device.fd < 0)
		return;
	shadow = calloc(1, device.bytes);
	fresh = calloc(1, device.bytes);
	changed = calloc(device.pages, sizeof(*changed));
	if (!shadow || !fresh || !changed)
		exit(1);
	device_read(shadow, 0, device.bytes);
	crc = crc32_of(shadow, device.bytes);
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

static void observe_counters(struct out *o)
{
	struct zdplace_counters c = { .events = (uintptr_t)events, .max_events = MAX_EVENTS };

	if (device.fd < 0) {
		out_text(o, ",\"refs\":0,\"cb\":[]");
		return;
	}
	if (ioctl(device.fd, ZDPLACE_IOC_COUNTERS, &c))
		return;
	out_f(o, ",\"refs\":%lld", (long long)c.refs);
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

static uint32_t find_changes(void)
{
	size_t size = device.page_size;
	uint32_t n = 0;

	for (uint64_t block = 0; block < device.pages; block += BLOCK_PAGES) {
		uint64_t end = block + BLOCK_PAGES < device.pages ? block + BLOCK_PAGES : device.pages;

		if (!memcmp(shadow + block * size, fresh + block * size, (end - block) * size))
			continue;
		for (uint64_t page = block; page < end; page++)
			if (memcmp(shadow + page * size, fresh + page * size, size))
				changed[n++] = page;
	}
	return n;
}

/* The first n pages of the list, and the beginning of their words. */
static void write_pfns(struct out *o, const char *begin, uint32_t n)
{
	out_text(o, begin);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			out_text(o, ",");
		out_int(o, changed[i]);
	}
	out_text(o, "],\"words\":\"");
}

/* The changed pages as the callback of a reuse found them: what the free alone had done. */
static void write_freed(struct out *o)
{
	size_t size = device.page_size;
	uint32_t n;

	if (!__atomic_exchange_n(&freed, false, __ATOMIC_ACQUIRE) || !device_read(fresh, device.bytes, device.bytes))
		return;
	n = find_changes();
	write_pfns(o, ",\"freed\":{\"pfns\":[", n);
	for (uint32_t i = 0; i < n; i++)
		memmove(fresh + i * size, fresh + changed[i] * size, size);
	out_base64(o, fresh, n * size);
	out_text(o, "\"}");
}

static void observe_changes(struct out *o)
{
	size_t size = device.page_size;
	uint32_t n = 0;
	uint8_t *old;

	if (device.fd >= 0) {
		/* Unread is not unchanged: leaving it out lets the host see that it was told nothing. */
		if (!device_read(fresh, 0, device.bytes))
			return;
		n = find_changes();
	}
	if (n) {
		old = shadow;
		shadow = fresh;
		fresh = old;
		crc = crc32_of(shadow, device.bytes);
	}
	write_pfns(o, ",\"changed\":{\"pfns\":[", n);
	/* The old copy is not needed any more: pack the changed pages there. */
	for (uint32_t i = 0; i < n; i++)
		memcpy(fresh + i * size, shadow + changed[i] * size, size);
	out_base64(o, fresh, n * size);
	out_f(o, "\",\"crc\":\"0x%08x\"}", crc);
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
	size_t size = device.page_size;

	if (!device_read(fresh, pfn * size, n * size))
		n = 0;
	out_text(o, ",\"pages\":{\"pfns\":[");
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			out_text(o, ",");
		out_int(o, pfn + i);
	}
	out_text(o, "],\"words\":\"");
	out_base64(o, fresh, n * size);
	out_f(o, "\",\"crc\":\"0x%08x\"}", crc32_of(fresh, n * size));
}
