// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a control group. Reading one that is open and was read before allocates nothing:
 * the kernel has its buffer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

int memcg_open(const char *group, const char *file)
{
	char path[640];

	snprintf(path, sizeof(path), "%s/%s", group, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Of a file that holds bytes alone; -1 where it cannot be read. */
long long memcg_pages(int fd)
{
	char value[32];
	ssize_t n = pread(fd, value, sizeof(value) - 1, 0);

	if (n <= 0)
		return -1;
	value[n] = '\0';
	return strtoll(value, NULL, 10) / PAGE_BYTES;
}

/* Of memory.stat. */
bool memcg_stat(int fd, struct memcg_stat *c)
{
	static char text[8 << 10];
	const struct {
		const char *key;
		long long *to;
	} wanted[] = {
		{ "\nanon ", &c->anon },
		{ "\nfile ", &c->file },
		{ "\nkernel ", &c->kernel },
		{ "\nsock ", &c->sock },
	};
	ssize_t n = pread(fd, text + 1, sizeof(text) - 2, 0);

	if (n <= 0)
		return false;
	text[0] = '\n';
	text[n + 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *at = strstr(text, wanted[i].key);

		if (!at)
			return false;
		*wanted[i].to = strtoll(at + strlen(wanted[i].key), NULL, 10) / PAGE_BYTES;
	}
	return true;
}
