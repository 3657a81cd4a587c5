// SPDX-License-Identifier: GPL-2.0-only
/* /dev/zdplace and the hello line made from its text. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent.h"

#define DEVICE "/dev/zdplace"

struct device device = { .fd = -1 };

static char text[32 * 1024];
static char why[256];

static bool text_value(const char *prefix, char *to, size_t size)
{
	const char *at = strstr(text, prefix);
	size_t n;

	if (!at)
		return false;
	at += strlen(prefix);
	n = strcspn(at, "\n");
	snprintf(to, size, "%.*s", (int)n, at);
	return true;
}

static uint64_t text_number(const char *prefix)
{
	char value[32];

	return text_value(prefix, value, sizeof(value)) ? strtoull(value, NULL, 0) : 0;
}

void device_open(void)
{
	struct zdplace_text arg = { .buf = (uintptr_t)text, .size = sizeof(text) - 1 };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why, sizeof(why), "cannot open " DEVICE ": %s", strerror(errno));
		return;
	}
	if (ioctl(fd, ZDPLACE_IOC_TEXT, &arg) || arg.len >= sizeof(text)) {
		snprintf(why, sizeof(why), DEVICE " does not describe itself: %s", strerror(errno));
		close(fd);
		return;
	}
	text[arg.len] = '\0';
	if (text_number("feature ") != 1) {
		text_value("why ", why, sizeof(why));
		close(fd);
		return;
	}
	device.fd = fd;
	device.pages = text_number("chunk pages d ");
	device.pfn = text_number("chunk pfn x ");
	device.page_size = text_number("sizeof page ");
	device.bytes = device.pages * device.page_size;
	device.all = device.pages + text_number("coherent pages d ");
	device.coherent_pfn = text_number("coherent pfn x ");
}

int64_t device_page(uint64_t pfn)
{
	if (device.fd < 0)
		return -1;
	if (pfn - device.pfn < device.pages)
		return pfn - device.pfn;
	if (pfn - device.coherent_pfn < device.all - device.pages)
		return device.pages + (pfn - device.coherent_pfn);
	return -1;
}

/* "owner": whose pages are asked for. */
int arg_owner(struct step *s, uint32_t *to)
{
	static const char *const owners[ZDPLACE_OWNERS] = {
		[ZDPLACE_OWNER_FIRST] = "first",
		[ZDPLACE_OWNER_SECOND] = "second",
		[ZDPLACE_OWNER_COHERENT] = "coherent",
	};
	json_t *value = json_object_get(s->req, "owner");
	const char *owner = json_string_value(value);

	*to = ZDPLACE_OWNER_FIRST;
	if (!value)
		return 0;
	for (uint32_t i = 0; owner && i < ZDPLACE_OWNERS; i++)
		if (!strcmp(owner, owners[i])) {
			*to = i;
			return 0;
		}
	return fail(s, EINVAL, "\"owner\": expected \"first\", \"second\" or \"coherent\"");
}

int device_ioctl(struct step *s, unsigned long cmd, void *arg)
{
	if (ioctl(device.fd, cmd, arg) == 0)
		return 0;
	return fail(s, errno, "%s", strerror(errno));
}

bool device_read(void *to, size_t offset, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = pread(device.fd, (char *)to + done, bytes - done, offset + done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

/*
 * The lines of one kind as members of an object. The words after the name are
 * numbers; "d" or "x" before one says whether it becomes a number or a string.
 */
static void hello_kind(struct out *o, const char *kind, const char *key)
{
	const char *line = text;
	size_t n = strlen(kind);
	const char *comma = "";

	out_f(o, "\"%s\":{", key);
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char one[192], name[64], first[64], second[64];
		int words;

		if (strncmp(line, kind, n) || line[n] != ' ')
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(line, "\n"), line);
		words = sscanf(one + n, " %63s %63s %63s", name, first, second);
		if (words < 2)
			continue;
		out_f(o, "%s\"%s\":", comma, name);
		comma = ",";
		if (words == 3 && first[0] == 'x')
			out_f(o, "\"%s\"", second);
		else if (words == 3 && first[0] == 'd')
			out_text(o, second);
		else if (words == 3)
			out_f(o, "[%s,%s]", first, second);
		else
			out_text(o, first);
	}
	out_text(o, "}");
}

static void hello_layout(struct out *o)
{
	if (!*text) {
		out_text(o, ",\"chunk\":null,\"layout\":null");
		return;
	}
	out_text(o, ",");
	if (device.fd >= 0)
		hello_kind(o, "chunk", "chunk");
	else
		out_text(o, "\"chunk\":null");
	if (device.all > device.pages) {
		out_text(o, ",");
		hello_kind(o, "coherent", "coherent");
	}
	out_text(o, ",\"layout\":{");
	hello_kind(o, "sizeof", "sizeof");
	out_text(o, ",");
	hello_kind(o, "field", "fields");
	out_text(o, ",");
	hello_kind(o, "flag", "flags");
	out_text(o, ",");
	hello_kind(o, "const", "consts");
	out_text(o, ",");
	hello_kind(o, "config", "config");
	out_text(o, "}");
}

void device_hello(struct out *o)
{
	struct utsname uts;

	uname(&uts);
	out_f(o, "{\"hello\":1,\"feature\":%s,\"why\":", device.fd >= 0 ? "true" : "false");
	if (device.fd >= 0)
		out_text(o, "null");
	else
		out_string(o, why, strlen(why));
	out_text(o, ",\"kernel\":");
	out_string(o, uts.release, strlen(uts.release));
	out_f(o, ",\"unsafe\":%s", text_number("unsafe ") ? "true" : "false");
	out_f(o, ",\"folio_split\":%s", text_number("folio_split ") ? "true" : "false");
	hello_layout(o);
	out_text(o, "}\n");
}
