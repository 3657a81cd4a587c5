// SPDX-License-Identifier: GPL-2.0-only
/* A mapping as hmm_range_fault() shows it to a device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"

static bool follows(const struct zdplace_mirrored *a, const struct zdplace_mirrored *b, uint64_t n)
{
	return a->state == b->state &&
	       (a->pfn == ZDPLACE_NO_PFN ? b->pfn == ZDPLACE_NO_PFN : b->pfn == a->pfn + n);
}

static void write_run(struct out *o, const struct zdplace_mirrored *one, uint64_t page, uint64_t n,
		      bool first)
{
	out_f(o, "%s{\"page\":%llu,\"n\":%llu,\"valid\":%s,\"write\":%s", first ? "" : ",",
	      (unsigned long long)page, (unsigned long long)n,
	      one->state & ZDPLACE_H_VALID ? "true" : "false",
	      one->state & ZDPLACE_H_WRITE ? "true" : "false");
	if (one->state & ZDPLACE_H_ERROR)
		out_text(o, ",\"error\":true");
	if (one->pfn != ZDPLACE_NO_PFN)
		out_f(o, ",\"pfn\":%u", one->pfn);
	out_text(o, "}");
}

static void write_runs(struct out *o, const struct zdplace_mirrored *all, uint64_t page, uint64_t n)
{
	uint64_t start = 0;

	out_text(o, ",\"hmm\":[");
	for (uint64_t i = 1; i <= n; i++) {
		if (i < n && follows(&all[start], &all[i], i - start))
			continue;
		write_run(o, &all[start], page + start, i - start, !start);
		start = i;
	}
	out_text(o, "]");
}

static int fault_flags(struct step *s, uint32_t *flags)
{
	json_t *value = json_object_get(s->req, "fault");
	const char *fault = json_string_value(value);
	bool stranger;

	if (arg_bool(s, "stranger", false, &stranger))
		return -1;
	*flags = stranger ? ZDPLACE_F_STRANGER : 0;
	if (!value)
		return 0;
	if (fault && !strcmp(fault, "read"))
		*flags |= ZDPLACE_F_READ;
	else if (fault && !strcmp(fault, "write"))
		*flags |= ZDPLACE_F_WRITE;
	else
		return fail(s, EINVAL, "\"fault\": expected \"read\" or \"write\"");
	return 0;
}

int op_hmm(struct step *s)
{
	struct region *r = region_get(s);
	struct zdplace_hmm arg = { 0 };
	struct zdplace_mirrored *all;
	uint64_t page, n;

	if (!r || region_range(s, r, r->pages, &page, &n) || fault_flags(s, &arg.flags) ||
	    arg_owner(s, &arg.owner))
		return -1;
	if (!n)
		return fail(s, EINVAL, "\"n\": at least 1");
	all = calloc(n, sizeof(*all));
	if (!all)
		return fail(s, ENOMEM, "out of memory");
	arg.addr = (uintptr_t)r->base + page * PAGE_BYTES;
	arg.n = n;
	arg.entries = (uintptr_t)all;
	if (!device_ioctl(s, ZDPLACE_IOC_HMM, &arg))
		write_runs(s->extra, all, page, n);
	free(all);
	return s->error ? -1 : 0;
}
