// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the agent says of struct pages, without a device: the pages are those of
 * a file.
 *
 * crc BYTES FILE: the CRC of the file, joined from those of its blocks.
 * observe PAGES FILE: the file has the pages at first, then for each answer
 * those that the callback of a reuse found, and those after it. One line each,
 * with a dump of the second quarter.
 * coherent PAGES FILE: the file has as many coherent pages behind those of the
 * chunk in every state. They are observed from the first answer to the one
 * before the last.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent.h"

struct device device;
static const char *now;
static const char *between;

bool device_read(void *to, size_t offset, size_t bytes)
{
	/* Coherent pages lie behind what a reuse has kept. */
	if (offset >= 2 * device.bytes)
		memcpy(to, now + offset - device.bytes, bytes);
	else
		memcpy(to, offset < device.bytes ? now + offset : between + offset - device.bytes, bytes);
	return true;
}

void kmsg_lines(struct out *o)
{
	(void)o;
}

static void observe_all(const char *file, size_t size)
{
	struct out o;

	/* An open file that knows no ioctl: there are no counters. */
	device.fd = 0;
	device.page_size = 64;
	device.bytes = device.pages * device.page_size;
	device.all = device.pages;
	now = file;
	observe_setup();
	out_init(&o, 4096);
	for (size_t at = device.bytes; at < size; at += 2 * device.bytes) {
		between = file + at;
		now = between + device.bytes;
		out_clear(&o);
		observe_freed();
		observe(&o);
		observe_pages(&o, device.pages / 4, device.pages / 4);
		printf("{\"ok\":true%.*s}\n", (int)o.len, o.buf);
	}
}

static void observe_both(const char *file, size_t size)
{
	struct out o;

	device.fd = 0;
	device.page_size = 64;
	device.bytes = device.pages * device.page_size;
	device.all = 2 * device.pages;
	now = file;
	observe_setup();
	out_init(&o, 4096);
	for (size_t at = 2 * device.bytes; at < size; at += 2 * device.bytes) {
		now = file + at;
		out_clear(&o);
		observe_coherent(at + 2 * device.bytes < size);
		observe(&o);
		printf("{\"ok\":true%.*s}\n", (int)o.len, o.buf);
	}
}

static void join(const char *file, size_t size, size_t bytes)
{
	uint32_t crc = crc32_of(file, bytes);

	crc32_setup_join(bytes);
	for (size_t at = bytes; at < size; at += bytes)
		crc = crc32_join(crc, crc32_of(file + at, bytes));
	printf("0x%08x\n", crc);
}

int main(int argc, char **argv)
{
	int fd = argc == 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	const char *file;

	if (fd < 0 || fstat(fd, &st))
		return 1;
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		return 1;
	crc32_setup();
	device.pages = strtoull(argv[2], NULL, 10);
	if (!strcmp(argv[1], "crc"))
		join(file, st.st_size, device.pages);
	else if (!strcmp(argv[1], "coherent"))
		observe_both(file, st.st_size);
	else
		observe_all(file, st.st_size);
	return 0;
}
