// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the device, the control group and the whole system. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"

#define MAX_THP_ORDER 10

/* What migration, mapping and splitting of anonymous memory count (/proc/vmstat). */
static const char *const vmstat_keys[] = {
	"nr_anon_pages", "nr_anon_transparent_hugepages", "nr_mlock", "nr_writeback",
	"nr_isolated_anon", "pgmigrate_success", "pgmigrate_fail", "thp_fault_alloc",
	"thp_fault_fallback", "thp_split_page", "thp_split_page_failed",
	"thp_deferred_split_page", "thp_split_pmd", "thp_migration_success",
	"thp_migration_fail", "thp_migration_split", "workingset_restore_anon",
	"pswpin", "pswpout", "nr_swapcached",
};

static const char *const mthp_keys[] = {
	"nr_anon", "nr_anon_partially_mapped", "split", "split_failed", "split_deferred",
};

#define NR_MTHP_KEYS ARRAY_SIZE(mthp_keys)

bool read_file(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (len < size - 1 && (n = read(fd, to + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	to[len] = '\0';
	return n >= 0;
}

bool write_device_counters(struct out *o)
{
	struct zdplace_counters c = { 0 };
	long long refs = 0;

	if (device.fd < 0 || ioctl(device.fd, ZDPLACE_IOC_COUNTERS, &c))
		return false;
	for (int i = 0; i < ZDPLACE_OWNERS; i++)
		refs += c.refs[i];
	out_f(o, "\"refs\":%lld,\"folio_free\":%llu,\"folio_split\":%llu,\"migrate_to_ram\":%llu,",
	      refs, (unsigned long long)c.freed, (unsigned long long)c.split,
	      (unsigned long long)c.faults);
	out_f(o, "\"bad_reads\":%llu,\"live\":%u,\"migrated\":%u", (unsigned long long)c.bad_reads,
	      c.live, c.migrated);
	return true;
}

/* memory.current of the process' group; the root group has none. */
static void write_memcg(struct out *o)
{
	char groups[512], path[640], value[32];
	char *own;

	if (!read_file("/proc/self/cgroup", groups, sizeof(groups)))
		return;
	own = strstr(groups, "0::/");
	if (!own)
		return;
	own += strlen("0::");
	own[strcspn(own, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.current", own);
	if (read_file(path, value, sizeof(value)))
		out_f(o, ",\"memory_current\":%llu", strtoull(value, NULL, 10));
}

/*
 * Each CPU holds back a part of the nr_ counters until it is told to add it
 * (mm/vmstat.c:vmstat_refresh()).
 */
void fold_vmstat(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

/*
 * Both files print unsigned long; what went below zero comes as a number near 2^64 and is
 * meant as negative.
 */
static long long counter(const char *text)
{
	return (long long)strtoull(text, NULL, 10);
}

static void write_vmstat(struct out *o)
{
	static char text[16 << 10];
	const char *comma = "";

	fold_vmstat();
	text[0] = '\n';
	if (!read_file("/proc/vmstat", text + 1, sizeof(text) - 1))
		return;
	out_text(o, ",\"vmstat\":{");
	for (size_t i = 0; i < ARRAY_SIZE(vmstat_keys); i++) {
		char key[64];
		const char *at;

		snprintf(key, sizeof(key), "\n%s ", vmstat_keys[i]);
		at = strstr(text, key);
		if (!at)
			continue;
		out_f(o, "%s\"%s\":%lld", comma, vmstat_keys[i], counter(at + strlen(key)));
		comma = ",";
	}
	out_text(o, "}");
}

/* Opened once: under TCG the way to the file costs twice what it takes to read it. */
static int mthp_file(unsigned int order, size_t key)
{
	static struct mthp_file {
		bool tried;
		int fd;
	} files[MAX_THP_ORDER + 1][NR_MTHP_KEYS];
	struct mthp_file *file = &files[order][key];
	char path[128];

	if (!file->tried) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/mm/transparent_hugepage/hugepages-%lukB/stats/%s",
			 (PAGE_BYTES / 1024ul) << order, mthp_keys[key]);
		file->fd = open(path, O_RDONLY | O_CLOEXEC);
		file->tried = true;
	}
	return file->fd;
}

static bool read_mthp(unsigned int order, size_t key, long long *value)
{
	int fd = mthp_file(order, key);
	char text[32];
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*value = counter(text);
	return true;
}

static void write_mthp(struct out *o)
{
	const char *comma = "";

	out_text(o, ",\"mthp\":{");
	for (unsigned int order = 1; order <= MAX_THP_ORDER; order++) {
		const char *inner = "";
		long long value;

		if (mthp_file(order, 0) < 0)
			continue;
		out_f(o, "%s\"%u\":{", comma, order);
		for (size_t key = 0; key < NR_MTHP_KEYS; key++) {
			if (!read_mthp(order, key, &value))
				continue;
			out_f(o, "%s\"%s\":%lld", inner, mthp_keys[key], value);
			inner = ",";
		}
		out_text(o, "}");
		comma = ",";
	}
	out_text(o, "}");
}

void write_counters(struct out *o)
{
	out_text(o, ",\"counters\":{");
	if (!write_device_counters(o))
		out_text(o, "\"refs\":0");
	write_memcg(o);
	write_vmstat(o);
	write_mthp(o);
	out_text(o, "}");
}
