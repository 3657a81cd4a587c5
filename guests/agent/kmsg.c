// SPDX-License-Identifier: GPL-2.0-only
/* New kernel log lines of level 4 (warning) and worse. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define MAX_LINES 512
#define MAX_LEVEL 4

static int fd = -1;

void kmsg_open(void)
{
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
}

/*
 * A record is "prio,seq,usec,flags[,caller=T1];text\n", with dictionary lines
 * behind it. Written as the console has it, with the level in front.
 */
static bool write_record(struct out *o, char *record, const char *comma)
{
	char line[1200], caller[16] = "";
	unsigned long long usec;
	char *text, *at;
	unsigned int prio;
	int n;

	text = strchr(record, ';');
	if (!text || sscanf(record, "%u,%*u,%llu", &prio, &usec) != 2)
		return false;
	if (prio > MAX_LEVEL)	/* the facility is in the higher bits: 0 is the kernel */
		return false;
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	at = strstr(record, "caller=");
	if (at)
		sscanf(at, "caller=%15[^,]", caller);
	n = snprintf(line, sizeof(line), "<%u>[%5llu.%06llu]", prio, usec / 1000000,
		     usec % 1000000);
	if (*caller)
		n += snprintf(line + n, sizeof(line) - n, "[%6s]", caller);
	snprintf(line + n, sizeof(line) - n, " %s", text);
	out_text(o, comma);
	out_string(o, line, strlen(line));
	return true;
}

void kmsg_lines(struct out *o)
{
	char record[8192];
	int lines = 0;

	out_text(o, ",\"log\":[");
	while (fd >= 0 && lines < MAX_LINES) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)	/* records were overwritten: go on after them */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		lines += write_record(o, record, lines ? "," : "");
	}
	out_text(o, "]");
}
