// SPDX-License-Identifier: GPL-2.0-only
/* Migration of a mapping to chosen device pages. */
#include <errno.h>
#include <stdlib.h>

#include "agent.h"

static int read_entry(struct step *s, const struct region *r, json_t *from, struct zdplace_entry *e)
{
	uint64_t page, pfn, order;

	if (!json_is_object(from))
		return fail(s, EINVAL, "\"to\": expected objects with page, pfn, order");
	if (arg_u64(s, from, "page", REQUIRED, r->pages - 1, &page) ||
	    arg_u64(s, from, "pfn", REQUIRED, device.all - 1, &pfn) ||
	    arg_u64(s, from, "order", 0, 31, &order))
		return -1;
	*e = (struct zdplace_entry) { .page = page, .pfn = pfn, .order = order };
	return 0;
}

static int run(struct step *s, const struct region *r, json_t *to, struct zdplace_entry *entries,
	       uint32_t flags, uint32_t owner)
{
	struct zdplace_migrate arg = {
		.addr = (uintptr_t)r->base,
		.pages = r->pages,
		.entries = (uintptr_t)entries,
		.nr_entries = json_array_size(to),
		.flags = flags,
		.owner = owner,
	};

	for (uint32_t i = 0; i < arg.nr_entries; i++)
		if (read_entry(s, r, json_array_get(to, i), &entries[i]))
			return -1;
	if (device_ioctl(s, ZDPLACE_IOC_MIGRATE, &arg)) {
		if (s->error == EINVAL)
			fail(s, EINVAL,
			     "\"to\": a page twice, a pfn or page not aligned to its order, or a VMA that nothing migrates from");
		else if (s->error == EBUSY)
			fail(s, EBUSY, "\"to\": a device page is live");
		return -1;
	}
	out_f(s->extra, ",\"cpages\":%llu,\"migrated\":%llu,\"src\":[",
	      (unsigned long long)arg.cpages, (unsigned long long)arg.migrated);
	for (uint32_t i = 0; i < arg.nr_entries; i++)
		out_f(s->extra, i ? ",%u" : "%u", entries[i].state);
	out_text(s->extra, "]");
	return 0;
}

int op_migrate(struct step *s)
{
	struct region *r = region_get(s);
	json_t *to = json_object_get(s->req, "to");
	struct zdplace_entry *entries;
	bool compound, abort_it, from_device, stranger, held;
	uint32_t flags = 0, owner;
	int ret;

	if (!r || arg_bool(s, "compound", true, &compound) ||
	    arg_bool(s, "abort", false, &abort_it) ||
	    arg_bool(s, "from_device", false, &from_device) ||
	    arg_bool(s, "stranger", false, &stranger) || arg_bool(s, "held", false, &held) ||
	    arg_owner(s, &owner))
		return -1;
	if (!json_is_array(to) || json_array_size(to) > r->pages)
		return fail(s, EINVAL, "\"to\": expected an array with at most one entry a page");
	if (compound)
		flags |= ZDPLACE_F_COMPOUND;
	if (abort_it)
		flags |= ZDPLACE_F_ABORT;
	if (from_device)
		flags |= ZDPLACE_F_FROM_DEVICE;
	if (stranger)
		flags |= ZDPLACE_F_STRANGER;
	if (held)
		flags |= ZDPLACE_F_HELD;
	entries = calloc(json_array_size(to) + 1, sizeof(*entries));
	if (!entries)
		return fail(s, ENOMEM, "out of memory");
	ret = run(s, r, to, entries, flags, owner);
	free(entries);
	return ret;
}

/* Pages of a device go to system memory, wherever on it they are. */
int op_back(struct step *s)
{
	struct region *r = region_get(s);
	struct zdplace_back arg = { 0 };
	bool compound, system;
	uint64_t page, n;

	if (!r || region_range(s, r, r->pages, &page, &n) || arg_owner(s, &arg.owner) ||
	    arg_bool(s, "compound", true, &compound) || arg_bool(s, "system", false, &system))
		return -1;
	arg.addr = (uintptr_t)r->base + page * PAGE_BYTES;
	arg.pages = n;
	if (compound)
		arg.flags |= ZDPLACE_F_COMPOUND;
	if (system)
		arg.flags |= ZDPLACE_F_SYSTEM;
	if (device_ioctl(s, ZDPLACE_IOC_BACK, &arg))
		return -1;
	out_f(s->extra, ",\"cpages\":%llu,\"migrated\":%llu", (unsigned long long)arg.cpages,
	      (unsigned long long)arg.migrated);
	return 0;
}

/* Each page of the range alone, as a driver does it. */
int op_exclusive(struct step *s)
{
	struct region *r = region_get(s);
	uint64_t page, n;

	if (!r || region_range(s, r, 1, &page, &n))
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		struct zdplace_exclusive arg = { .addr = (uintptr_t)r->base +
							 (page + i) * PAGE_BYTES };

		if (device_ioctl(s, ZDPLACE_IOC_EXCLUSIVE, &arg))
			return -1;
	}
	return 0;
}
