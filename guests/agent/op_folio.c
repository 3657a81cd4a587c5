// SPDX-License-Identifier: GPL-2.0-only
/* Operations on single device folios. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent.h"

static int unsafe_flag(struct step *s, uint32_t *flags)
{
	bool unsafe;

	if (arg_bool(s, "unsafe", false, &unsafe))
		return -1;
	if (unsafe)
		*flags |= ZDPLACE_F_UNSAFE;
	return 0;
}

int op_init(struct step *s)
{
	struct zdplace_init arg = { 0 };
	uint64_t pfn, order;
	bool rmappable;

	if (arg_u64(s, s->req, "pfn", REQUIRED, device.pages - 1, &pfn) ||
	    arg_u64(s, s->req, "order", REQUIRED, 31, &order) ||
	    arg_how(s, "unlock", "page", &arg.unlock) ||
	    arg_bool(s, "rmappable", true, &rmappable) ||
	    arg_u64(s, s->req, "zdd", 0, UINT64_MAX, (uint64_t *)&arg.zdd) ||
	    unsafe_flag(s, &arg.flags))
		return -1;
	arg.pfn = pfn;
	arg.order = order;
	if (rmappable)
		arg.flags |= ZDPLACE_F_RMAPPABLE;
	if (json_object_get(s->req, "zdd"))
		arg.flags |= ZDPLACE_F_ZDD;
	if (!device_ioctl(s, ZDPLACE_IOC_INIT, &arg))
		return 0;
	if (s->error == EINVAL)
		return fail(s, EINVAL, "%llu@%llu: misaligned, out of the chunk or too large",
			    (unsigned long long)order, (unsigned long long)pfn);
	if (s->error == EBUSY)
		return fail(s, EBUSY, "%llu@%llu: a page of it is live", (unsigned long long)order,
			    (unsigned long long)pfn);
	return -1;
}

static int on_page(struct step *s, unsigned long cmd, const char *refusal)
{
	struct zdplace_page arg = { 0 };
	uint64_t pfn;

	if (arg_u64(s, s->req, "pfn", REQUIRED, device.pages - 1, &pfn) ||
	    arg_how(s, "how", "page", &arg.how) || unsafe_flag(s, &arg.flags))
		return -1;
	if (arg.how == ZDPLACE_HOW_NONE)
		return fail(s, EINVAL, "\"how\": expected \"page\" or \"folio\"");
	arg.pfn = pfn;
	if (!device_ioctl(s, cmd, &arg))
		return 0;
	if (s->error == EINVAL)
		return fail(s, EINVAL, "page %llu %s", (unsigned long long)pfn, refusal);
	return -1;
}

int op_unlock(struct step *s)
{
	return on_page(s, ZDPLACE_IOC_UNLOCK, "heads no folio that init left locked");
}

int op_free(struct step *s)
{
	return on_page(s, ZDPLACE_IOC_FREE, "heads no live folio made by init");
}

/* A free whose callback makes another folio of the pages before the core goes on. */
int op_reuse(struct step *s)
{
	struct zdplace_reuse arg = { 0 };
	uint64_t pfn, to, order;

	if (arg_u64(s, s->req, "pfn", REQUIRED, device.pages - 1, &pfn) ||
	    arg_how(s, "how", "page", &arg.how) ||
	    arg_u64(s, s->req, "to", REQUIRED, device.pages - 1, &to) ||
	    arg_u64(s, s->req, "order", REQUIRED, 31, &order))
		return -1;
	arg.pfn = pfn;
	arg.to = to;
	arg.order = order;
	if (!device_ioctl(s, ZDPLACE_IOC_REUSE, &arg)) {
		if (arg.done)
			observe_freed();
		return 0;
	}
	if (s->error == EINVAL)
		return fail(s, EINVAL, "no live folio of init at %llu, or %llu@%llu is misaligned",
			    (unsigned long long)pfn, (unsigned long long)order,
			    (unsigned long long)to);
	if (s->error == EBUSY)
		return fail(s, EBUSY, "%llu@%llu: a page of another live folio is in it",
			    (unsigned long long)order, (unsigned long long)to);
	return -1;
}

int op_poke(struct step *s)
{
	uint64_t pfn, byte, size, value;
	struct zdplace_poke arg = { 0 };

	if (arg_u64(s, s->req, "pfn", REQUIRED, device.pages - 1, &pfn) ||
	    arg_u64(s, s->req, "byte", REQUIRED, device.page_size - 1, &byte) ||
	    arg_u64(s, s->req, "size", REQUIRED, 8, &size) ||
	    arg_u64(s, s->req, "value", REQUIRED, UINT64_MAX, &value))
		return -1;
	arg.pfn = pfn;
	arg.byte = byte;
	arg.size = size;
	arg.value = value;
	if (size < 8 && value >> (8 * size))
		return fail(s, EINVAL, "\"value\" does not fit into %llu bytes",
			    (unsigned long long)size);
	if (!device_ioctl(s, ZDPLACE_IOC_POKE, &arg))
		return 0;
	if (s->error == EPERM)
		return fail(s, EPERM, "the module was loaded without unsafe=1");
	return fail(s, s->error, "size must be 1, 2, 4 or 8 and byte a multiple of it");
}

int op_dump(struct step *s)
{
	uint64_t pfn, n;

	if (arg_u64(s, s->req, "pfn", 0, device.pages - 1, &pfn) ||
	    arg_u64(s, s->req, "n", device.pages - pfn, device.pages - pfn, &n))
		return -1;
	observe_pages(s->extra, pfn, n);
	return 0;
}

/*
 * Nobody pays for pages that a case does not use: the coherent ones are observed from here to
 * the next reset.
 */
int op_observe(struct step *s)
{
	bool on;

	if (arg_bool(s, "coherent", true, &on))
		return -1;
	if (on && device.all == device.pages)
		return fail(s, ENODEV, "no memory is reserved for coherent pages");
	observe_coherent(on);
	return 0;
}

int op_counters(struct step *s)
{
	out_text(s->extra, ",\"counters\":{");
	write_device_counters(s->extra);
	out_text(s->extra, "}");
	return 0;
}

/*
 * WARN_ON_ONCE() and its like speak once a boot (kernel/panic.c:clear_warn_once_set()); each
 * case has to hear them. A kernel without debugfs keeps quiet as before.
 */
static void rearm_warnings(void)
{
	int fd = open("/sys/kernel/debug/clear_warn_once", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

int op_reset(struct step *s)
{
	struct zdplace_reset arg = { 0 };

	cgroup_leave();
	unpin();
	uffd_close();
	if (unsafe_flag(s, &arg.flags) || process_exit_all(s) || region_unmap_all(s) || swap_end(s))
		return -1;
	if (!device_ioctl(s, ZDPLACE_IOC_RESET, &arg)) {
		observe_coherent(false);
		rearm_warnings();
		return 0;
	}
	if (s->error == EBUSY)
		return fail(s, EBUSY,
			    "pages of a migration are still live though nothing is mapped");
	return -1;
}

int op_knobs(struct step *s)
{
	struct zdplace_knobs arg = { 0 };
	bool split_op;
	uint64_t n, nth, linger, slow, hold, held;

	if (arg_u64(s, s->req, "fail_large", 0, 1 << 20, &n) ||
	    arg_bool(s, "split_op", true, &split_op) ||
	    arg_u64(s, s->req, "fail_small", 0, 1 << 20, &nth) ||
	    arg_u64(s, s->req, "linger_us", 0, ZDPLACE_MAX_LINGER_US, &linger) ||
	    arg_u64(s, s->req, "free_us", 0, ZDPLACE_MAX_FREE_US, &slow) ||
	    arg_u64(s, s->req, "lock_us", 0, ZDPLACE_MAX_LOCK_US, &hold) ||
	    arg_u64(s, s->req, "lock_pfn", 0, device.pages - 1, &held))
		return -1;
	arg.fail_large = n;
	arg.fail_small = nth;
	arg.linger_us = linger;
	arg.free_us = slow;
	arg.lock_us = hold;
	arg.lock_pfn = held;
	if (json_object_get(s->req, "split_op"))
		arg.split_op = split_op ? ZDPLACE_SPLIT_OP_ON : ZDPLACE_SPLIT_OP_OFF;
	if (!device_ioctl(s, ZDPLACE_IOC_KNOBS, &arg))
		return 0;
	if (s->error == EBUSY)
		return fail(s, EBUSY, "\"split_op\": a folio is live");
	return -1;
}
