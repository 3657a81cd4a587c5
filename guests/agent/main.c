// SPDX-License-Identifier: GPL-2.0-only
/* Requests from stdin, one JSON object a line; one reply a line on stdout. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define MAX_LINE (1 << 20)
#define TOO_LONG SIZE_MAX
#define DEFAULT_DEADLINE_MS 3000

#define OP(op, words, ...) { .name = #op, .fields = words, .run = op_##op, __VA_ARGS__ }

static const struct op ops[] = {
	OP(init, "pfn order unlock rmappable zdd unsafe ", .needs_device = true),
	OP(unlock, "pfn how unsafe ", .needs_device = true),
	OP(free, "pfn how unsafe ", .needs_device = true),
	OP(reuse, "pfn how to order ", .needs_device = true),
	OP(poke, "pfn byte size value ", .needs_device = true),
	OP(dump, "pfn n ", .needs_device = true, .when_hung = true),
	OP(reset, "unsafe ", .needs_device = true),
	OP(counters, "", .needs_device = true, .when_hung = true),
	OP(observe, "coherent ", .needs_device = true),
	OP(charge, ""),
	OP(knobs, "fail_large fail_small linger_us free_us lock_pfn lock_us split_op ",
	   .needs_device = true),
	OP(evict, "pfn n pfns ", .needs_device = true, .on_memory = true),
	OP(mmap, "name pages thp ", .on_memory = true),
	OP(mremap, "name to page n at dontunmap ", .on_memory = true),
	OP(populate, "name order ", .on_memory = true),
	OP(fill, "name seed page n ", .on_memory = true),
	OP(verify, "name seed page n ", .on_memory = true),
	OP(munmap, "name page n every ", .on_memory = true),
	OP(mprotect, "name page n every prot ", .on_memory = true),
	OP(madvise, "name page n every advice ", .on_memory = true),
	OP(mlock, "name page n every onfault ", .on_memory = true),
	OP(munlock, "name page n every ", .on_memory = true),
	OP(cgroup, "enter leave limit ", .on_memory = true),
	OP(exclusive, "name page n ", .needs_device = true, .on_memory = true),
	OP(hmm, "name page n fault stranger owner ", .needs_device = true, .on_memory = true),
	OP(pin, "name page n write pipe ", .on_memory = true),
	OP(unpin, "", .on_memory = true),
	OP(uffd, "name mode ", .on_memory = true),
	OP(swap, "on pages sync hold counters ", .needs_device = true),
	OP(race, "seed spread_us threads ", .on_memory = true),
	OP(touch, "name page n write ", .on_memory = true),
	OP(insert, "name pages pfn ", .needs_device = true, .on_memory = true),
	OP(migrate, "name to compound abort from_device stranger held owner ", .needs_device = true,
	   .on_memory = true),
	OP(back, "name page n compound system owner ", .needs_device = true, .on_memory = true),
	OP(usermap, "name ", .on_memory = true),
	OP(fork, "child counters "),
	OP(exit, "child counters "),
	OP(reseed, "seed "),
};

static struct out reply;
/* The second of each from the moment a step hangs: the first are still that step's. */
static struct out extras[2];
static struct step steps[2];
static bool hung;

const struct op *op_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

static const struct op *find_op(struct step *s)
{
	const char *name = arg_string(s, "op");
	const struct op *op = name ? op_by_name(name) : NULL;

	if (name && !op)
		fail(s, EINVAL, "unknown op \"%.64s\"", name);
	return op;
}

static void flush_reply(void)
{
	size_t done = 0;

	while (done < reply.len) {
		ssize_t n = write(STDOUT_FILENO, reply.buf + done, reply.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr, "zdagent: cannot write the reply: %s\n", strerror(errno));
			_exit(1);
		}
		done += n;
	}
	out_clear(&reply);
}

/* Runs the step; returns false where it hangs. */
static bool run_step(struct step *s, struct hang *hang)
{
	uint64_t deadline, asleep;
	struct patience patience;
	const struct op *op = find_op(s);
	bool back;

	if (!op || args_known(s, op) ||
	    arg_u64(s, s->req, "deadline_ms", DEFAULT_DEADLINE_MS, 3600000, &deadline) ||
	    arg_u64(s, s->req, "asleep_ms", deadline / 3, 3600000, &asleep))
		return true;
	patience.deadline_ms = deadline;
	patience.asleep_ms = asleep;
	if (op->needs_device && device.fd < 0) {
		fail(s, EOPNOTSUPP, "no device memory: see \"why\" in the hello line");
		return true;
	}
	if (op->when_hung) {
		op->run(s);
		return true;
	}
	if (hung) {
		fail(s, EBUSY, "an earlier step hangs: only dump and counters are answered");
		return true;
	}
	if (!op->needs_device && !op->on_memory)
		return worker_run(op, s, &patience, hang);
	cpu_begin();
	back = worker_run(op, s, &patience, hang);
	/* What hangs is not over: with a short deadline the watchman has yet to look. */
	if (back)
		cpu_end();
	return back;
}

static void write_id(json_t *req)
{
	json_t *id = json_object_get(req, "id");

	if (json_is_integer(id))
		out_f(&reply, "{\"id\":%lld", (long long)json_integer_value(id));
	else
		out_text(&reply, "{\"id\":null");
}

static void write_error(const struct step *s)
{
	const char *name = strerrorname_np(s->error);

	out_f(&reply, ",\"ok\":false,\"errno\":\"%s\",\"error\":", name ? name : "EIO");
	out_string(&reply, s->message, strlen(s->message));
}

static void answer(const char *line, size_t len)
{
	json_error_t where;
	struct out *extra = &extras[hung];
	struct step *s = &steps[hung];
	struct hang hang = { 0 };
	bool back = true;
	uint64_t begin;
	uint64_t us;

	out_clear(extra);
	*s = (struct step) { .extra = extra };
	s->req = json_loadb(line, len == TOO_LONG ? 0 : len, JSON_REJECT_DUPLICATES, &where);
	begin = now_us();
	if (len == TOO_LONG)
		fail(s, EINVAL, "a line of more than %d bytes", MAX_LINE);
	else if (!s->req)
		fail(s, EINVAL, "not JSON: %s at column %d", where.text, where.column);
	else if (!json_is_object(s->req))
		fail(s, EINVAL, "expected a JSON object");
	else if (!json_is_integer(json_object_get(s->req, "id")))
		fail(s, EINVAL, "\"id\": expected an integer");
	else
		back = run_step(s, &hang);
	us = now_us() - begin;

	write_id(s->req);
	if (!back) {
		hung = true;
		out_text(&reply, ",\"ok\":false");
		hang_describe(&reply, &hang);
	} else if (s->error) {
		write_error(s);
	} else {
		out_text(&reply, ",\"ok\":true");
	}
	out_f(&reply, ",\"ms\":%llu.%03llu", (unsigned long long)us / 1000,
	      (unsigned long long)us % 1000);
	if (back)
		out_bytes(&reply, extra->buf, extra->len);
	observe(&reply);
	out_text(&reply, "}\n");
	flush_reply();
	if (back)
		json_decref(s->req);
}

/*
 * The line up to the next newline; NULL at the end of input. A line without a
 * newline there is torn, not a request. *len is TOO_LONG where it is too long.
 */
static const char *next_line(size_t *len)
{
	static char buf[MAX_LINE];
	static size_t start, end;
	bool too_long = false;

	for (size_t from = start;;) {
		char *newline = memchr(buf + from, '\n', end - from);
		ssize_t n;

		if (newline) {
			char *line = buf + start;

			*len = too_long ? TOO_LONG : (size_t)(newline - line);
			start = newline + 1 - buf;
			return line;
		}
		memmove(buf, buf + start, end - start);
		end -= start;
		start = 0;
		if (end == sizeof(buf)) {
			too_long = true;
			end = 0;
		}
		from = end;
		n = read(STDIN_FILENO, buf + end, sizeof(buf) - end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		end += n;
	}
}

/*
 * A step that hangs may hold the mmap lock: from then on the main thread must
 * not ask the kernel for memory. Takes what it may need now.
 */
static void keep_memory(void)
{
	/*
	 * The largest reply has every struct page in base64. Each page taken costs a restored
	 * guest 20 us under TCG.
	 */
	const size_t largest = (256 << 10) + device.bytes / 3 * 4;
	const size_t bytes = 4 * largest;
	void *p;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_ARENA_MAX, 1);
	p = malloc(bytes);
	if (p)
		memset(p, 0, bytes);
	free(p);
	out_init(&reply, largest);
	out_init(&extras[0], largest);
	out_init(&extras[1], largest);
}

int main(int argc, char **argv)
{
	const char *line;
	size_t len;

	if (argc == 2 && !strcmp(argv[1], "--tsc-khz"))
		return tsc_print();
	signal(SIGPIPE, SIG_IGN);
	crc32_setup();
	kmsg_open();
	device_open();
	keep_memory();
	observe_setup();
	memory_setup();
	charge_setup();
	cpu_setup();
	worker_setup();

	device_hello(&reply);
	flush_reply();
	while ((line = next_line(&len))) {
		if (len)
			answer(line, len);
	}
	/* A thread that hangs keeps the process; whoever reads the pipe need not wait. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	_exit(0);
}
