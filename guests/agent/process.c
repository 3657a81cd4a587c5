// SPDX-License-Identifier: GPL-2.0-only
/*
 * Child processes. A child is a copy of the agent, mappings and all, that
 * carries out one step after the other; its parent's worker waits for it, so
 * only one of them is at work at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define MAX_CHILDREN 8

/**
 * struct child - a child process
 * @pid: 0 where the place is free
 * @to: requests go there; closed, it ends the child
 * @from: answers come from there
 */
static struct child {
	char name[32];
	pid_t pid;
	int to;
	int from;
} children[MAX_CHILDREN];

/* What a child answers: this, then bytes of members for the reply. */
struct answer {
	int error;
	char message[sizeof(((struct step *)0)->message)];
	size_t bytes;
};

static struct child *find(const char *name)
{
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid && !strcmp(children[i].name, name))
			return &children[i];
	return NULL;
}

static bool write_all(int fd, const void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t part = write(fd, (const char *)p + done, n - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		done += part;
	}
	return true;
}

static bool read_all(int fd, void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t part = read(fd, (char *)p + done, n - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		done += part;
	}
	return true;
}

/* The operation, and what the process that it ran in has then, where that is asked for. */
static int run_here(const struct op *op, struct step *s)
{
	bool counters = false;

	if (arg_bool(s, "counters", false, &counters) || check_maps(s))
		return -1;
	op->run(s);
	if (!s->error)
		write_maps(s);
	write_swap(s->extra);
	if (counters) {
		write_rss(s);
		write_counters(s->extra);
	}
	return s->error ? -1 : 0;
}

/* In the child: never returns. */
static void serve(int from, int to)
{
	struct out extra;

	out_init(&extra, 64 << 10);
	for (;;) {
		struct step s = { .extra = &extra };
		struct answer a = { 0 };
		const struct op *op;
		size_t n;
		char *text;

		if (!read_all(from, &n, sizeof(n)))
			_exit(0);
		text = malloc(n);
		if (!text || !read_all(from, text, n))
			_exit(1);
		out_clear(&extra);
		s.req = json_loadb(text, n, 0, NULL);
		op = s.req ? op_by_name(json_string_value(json_object_get(s.req, "op"))) : NULL;
		if (!op)
			_exit(1);
		run_here(op, &s);
		json_decref(s.req);
		free(text);
		a.error = s.error;
		memcpy(a.message, s.message, sizeof(a.message));
		a.bytes = extra.len;
		if (!write_all(to, &a, sizeof(a)) || !write_all(to, extra.buf, extra.len))
			_exit(1);
	}
}

/* Closes the child's pipes and waits for its end: by then its memory is unmapped. */
static int reap(struct child *c)
{
	int status = 0;

	close(c->to);
	close(c->from);
	worker_waits_for(c->pid);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker_waits_for(0);
	memset(c, 0, sizeof(*c));
	return status;
}

static int died(struct step *s, struct child *c)
{
	char name[sizeof(c->name)];
	int status;

	strcpy(name, c->name);
	status = reap(c);
	if (WIFSIGNALED(status))
		return fail(s, ECHILD, "child \"%s\" was killed by SIG%s", name,
			    sigabbrev_np(WTERMSIG(status)));
	return fail(s, ECHILD, "child \"%s\" ended with %d", name, WEXITSTATUS(status));
}

static bool receive(struct child *c, struct step *s)
{
	struct answer a;
	char *bytes;
	bool all;

	if (!read_all(c->from, &a, sizeof(a)))
		return false;
	bytes = malloc(a.bytes + 1);
	all = bytes && read_all(c->from, bytes, a.bytes);
	if (all) {
		out_bytes(s->extra, bytes, a.bytes);
		s->error = a.error;
		memcpy(s->message, a.message, sizeof(s->message));
	}
	free(bytes);
	return all;
}

static int run_in(struct child *c, struct step *s)
{
	char *text = json_dumps(s->req, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0;
	bool done;

	worker_waits_for(c->pid);
	done = text && write_all(c->to, &n, sizeof(n)) && write_all(c->to, text, n) &&
	       receive(c, s);
	worker_waits_for(0);
	free(text);
	if (!done)
		return died(s, c);
	return s->error ? -1 : 0;
}

/* Carries out a step in the process that it names. */
int process_run(const struct op *op, struct step *s)
{
	const char *name;
	struct child *c;

	if (!op->on_memory || !json_object_get(s->req, "in"))
		return run_here(op, s);
	name = arg_string(s, "in");
	if (!name)
		return -1;
	c = find(name);
	return c ? run_in(c, s) : fail(s, ENOENT, "no child \"%.32s\"", name);
}

static void become_child(pid_t parent, int from, int to)
{
	/* Dies with the thread that forked it, that is with the agent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* Whoever reads the agent's output must not wait for its children. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	for (int i = 0; i < MAX_CHILDREN; i++) {
		if (!children[i].pid)
			continue;
		close(children[i].to);
		close(children[i].from);
	}
	serve(from, to);
}

int process_fork(struct step *s, const char *name)
{
	int there[2], back[2];
	struct child *c = NULL;
	pid_t parent = getpid();

	if (!*name || strlen(name) >= sizeof(c->name))
		return fail(s, EINVAL, "\"child\": 1 to %zu characters", sizeof(c->name) - 1);
	if (find(name))
		return fail(s, EEXIST, "child \"%s\" exists", name);
	for (int i = 0; i < MAX_CHILDREN && !c; i++)
		if (!children[i].pid)
			c = &children[i];
	if (!c)
		return fail(s, EAGAIN, "more than %d children", MAX_CHILDREN);
	if (pipe2(there, O_CLOEXEC))
		return fail(s, errno, "pipe: %s", strerror(errno));
	if (pipe2(back, O_CLOEXEC)) {
		close(there[0]);
		close(there[1]);
		return fail(s, errno, "pipe: %s", strerror(errno));
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(there[1]);
		close(back[0]);
		become_child(parent, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	if (c->pid < 0) {
		c->pid = 0;
		close(there[1]);
		close(back[0]);
		return fail(s, errno, "fork: %s", strerror(errno));
	}
	strcpy(c->name, name);
	c->to = there[1];
	c->from = back[0];
	break_cow();
	out_f(s->extra, ",\"pid\":%d", c->pid);
	return 0;
}

int process_exit(struct step *s, const char *name)
{
	struct child *c = find(name);
	int status;

	if (!c)
		return fail(s, ENOENT, "no child \"%.32s\"", name);
	status = reap(c);
	if (WIFSIGNALED(status))
		return fail(s, ECHILD, "the child was killed by SIG%s",
			    sigabbrev_np(WTERMSIG(status)));
	return 0;
}

int process_exit_all(struct step *s)
{
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (children[i].pid && process_exit(s, children[i].name))
			return -1;
	return 0;
}
