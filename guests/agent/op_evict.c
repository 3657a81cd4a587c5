// SPDX-License-Identifier: GPL-2.0-only
/* Eviction of device pages by number, whoever maps them. */
#include <errno.h>
#include <stdlib.h>

#include "agent.h"

#define MIGRATE_PFN_SHIFT 6	/* include/linux/migrate.h */

/* The src array without its zeros. */
static void write_scan(struct out *o, const struct zdplace_evict *arg)
{
	const struct zdplace_evicted *e = (const void *)(uintptr_t)arg->entries;
	const char *comma = "";

	out_f(o, ",\"n\":%u,\"src\":[", arg->n);
	for (uint32_t i = 0; i < arg->n; i++) {
		if (!e[i].src)
			continue;
		out_f(o, "%s[%u,\"0x%llx\"]", comma, i, (unsigned long long)e[i].src);
		comma = ",";
	}
	out_text(o, "]");
}

static void write_source(struct out *o, const struct zdplace_evicted *e)
{
	out_f(o, "{\"pfn\":%lld,\"compound\":%s,\"write\":%s,\"collected\":%s,\"migrated\":%s",
	      (long long)device_page(e->src >> MIGRATE_PFN_SHIFT),
	      e->state & ZDPLACE_M_COMPOUND ? "true" : "false",
	      e->state & ZDPLACE_M_WRITE ? "true" : "false",
	      e->state & ZDPLACE_M_COLLECTED ? "true" : "false",
	      e->state & ZDPLACE_M_MIGRATED ? "true" : "false");
	if (e->state & ZDPLACE_M_INIT)
		out_f(o, ",\"order\":%u", e->order);
	out_text(o, "}");
}

static void write_evicted(struct out *o, const struct zdplace_evict *arg)
{
	const struct zdplace_evicted *e = (const void *)(uintptr_t)arg->entries;
	unsigned long long migrated = 0;
	unsigned int collected = 0;
	const char *comma = "";

	out_text(o, ",\"evicted\":[");
	for (uint32_t i = 0; i < arg->n; i++) {
		if (e[i].state & ZDPLACE_M_HOLE)
			continue;
		out_text(o, comma);
		comma = ",";
		write_source(o, &e[i]);
		collected += !!(e[i].state & ZDPLACE_M_COLLECTED);
		if (e[i].state & ZDPLACE_M_MIGRATED)
			migrated += 1ull << e[i].order;
	}
	out_f(o, "],\"collected\":%u,\"migrated\":%llu", collected, migrated);
}

static int read_list(struct step *s, json_t *from, uint32_t *to)
{
	for (size_t i = 0; i < json_array_size(from); i++) {
		json_t *value = json_array_get(from, i);

		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    (uint64_t)json_integer_value(value) >= device.all)
			return fail(s, EINVAL, "\"pfns\": expected page numbers of the device");
		to[i] = json_integer_value(value);
	}
	return 0;
}

static int run(struct step *s, struct zdplace_evict *arg)
{
	if (device_ioctl(s, ZDPLACE_IOC_EVICT, arg))
		return -1;
	write_scan(s->extra, arg);
	write_evicted(s->extra, arg);
	return 0;
}

int op_evict(struct step *s)
{
	json_t *list = json_object_get(s->req, "pfns");
	struct zdplace_evict arg = { 0 };
	uint64_t pfn, end, n = json_array_size(list);
	uint32_t *pfns = NULL;
	void *entries = NULL;
	int ret = -1;

	if (list && (!json_is_array(list) || !n || n > device.all))
		return fail(s, EINVAL, "\"pfns\": expected a list of 1 to %llu page numbers",
			    (unsigned long long)device.all);
	if (list && (json_object_get(s->req, "pfn") || json_object_get(s->req, "n")))
		return fail(s, EINVAL, "\"pfns\" excludes \"pfn\" and \"n\"");
	if (!list) {
		if (arg_u64(s, s->req, "pfn", 0, device.all - 1, &pfn))
			return -1;
		/* A range ends with the chunk, or with the coherent pages. */
		end = pfn < device.pages ? device.pages : device.all;
		if (arg_u64(s, s->req, "n", end - pfn, end - pfn, &n))
			return -1;
	}
	if (!n)
		return fail(s, EINVAL, "\"n\": at least 1");
	entries = calloc(n, sizeof(struct zdplace_evicted));
	pfns = calloc(n, sizeof(*pfns));
	arg.pfn = list ? 0 : pfn;
	arg.n = n;
	arg.list = list ? (uintptr_t)pfns : 0;
	arg.entries = (uintptr_t)entries;
	if (!entries || !pfns)
		fail(s, ENOMEM, "out of memory");
	else if (!list || !read_list(s, list, pfns))
		ret = run(s, &arg);
	free(entries);
	free(pfns);
	return ret;
}
