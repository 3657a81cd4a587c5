/* SPDX-License-Identifier: GPL-2.0-only */
/* zdagent: what its parts share. docs/agent-protocol.md has the protocol. */
#ifndef AGENT_H
#define AGENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"
#include "zdplace.h"

#define PAGE_BYTES	4096u
#define HUGE_PAGES	512u

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct step - one request while it runs
 * @req: the parsed request
 * @extra: the operation's own members of the reply, each with a comma before it
 * @rss_written: the reply has "rss" already
 * @error: errno value, 0 on success
 * @message: what is wrong, for a reader
 */
struct step {
	json_t *req;
	struct out *extra;
	bool rss_written;
	int error;
	char message[320];
};

/* Marks the step as failed; returns -1 so that an operation can return it. */
int fail(struct step *s, int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * struct op - an operation
 * @fields: members it knows besides id, op, deadline_ms and asleep_ms, each followed by a space
 * @run: 0, or -1 after fail()
 * @needs_device: answered EOPNOTSUPP without device memory
 * @when_hung: cannot hang: runs in the main thread, also while a step hangs
 * @on_memory: concerns the memory of a process: knows "in", "map" and "counters"
 */
struct op {
	const char *name;
	const char *fields;
	int (*run)(struct step *s);
	bool needs_device;
	bool when_hung;
	bool on_memory;
};

/* main.c */
const struct op *op_by_name(const char *name);

/* args.c: each returns 0, or -1 after fail(). Absent members give the default. */
#define REQUIRED	((uint64_t)-2)
int arg_u64(struct step *s, json_t *from, const char *name, uint64_t def, uint64_t max,
	    uint64_t *to);
int arg_bool(struct step *s, const char *name, bool def, bool *to);
int arg_how(struct step *s, const char *name, const char *def, uint32_t *to);
const char *arg_string(struct step *s, const char *name);
int args_known(struct step *s, const struct op *op);

/* device.c */
struct device {
	int fd;		/* -1 where there is no device memory */
	uint64_t pages;	/* of the chunk */
	uint64_t pfn;
	uint64_t all;	/* with coherent pages, which are numbered on */
	uint64_t coherent_pfn;
	size_t page_size;	/* sizeof(struct page) */
	size_t bytes;	/* all struct pages of the chunk */
};

extern struct device device;
void device_open(void);
void device_hello(struct out *o);
int device_ioctl(struct step *s, unsigned long cmd, void *arg);
bool device_read(void *to, size_t offset, size_t bytes);
/* The number of the device page with that page frame number, or -1. */
int64_t device_page(uint64_t pfn);
int arg_owner(struct step *s, uint32_t *to);

/* observe.c: changes since the last reply */
void observe_setup(void);
void observe(struct out *o);
void observe_freed(void);
/* From now on the coherent pages are observed too, or no longer. */
void observe_coherent(bool on);
void observe_pages(struct out *o, uint64_t pfn, uint64_t n);

/* cpu.c: cpu_stay() for the thread that calls it, the others around each step */
void cpu_setup(void);
void cpu_stay(void);
void cpu_begin(void);
void cpu_end(void);

/* kmsg.c */
void kmsg_open(void);
void kmsg_lines(struct out *o);

/* tsc.c: prints kHz, 0 where the counter is no clock; an exit code. */
int tsc_print(void);

/* crc32.c */
void crc32_setup(void);
uint32_t crc32_of(const void *p, size_t n);
/* For crc32_join() with blocks of so many bytes, a multiple of 8. */
void crc32_setup_join(size_t bytes);
/* The CRC of something and a block after it, from the CRC of each. */
uint32_t crc32_join(uint32_t crc, uint32_t block);

/* worker.c */
struct hang {
	int tid;
	unsigned int waited_ms;
};

/* How long a step may take, and how much of that asleep in D without a break, in milliseconds. */
struct patience {
	unsigned int deadline_ms;
	unsigned int asleep_ms;
};

void worker_setup(void);
/* Runs op in the worker; false (and *hang) where it does not come back in time. */
bool worker_run(const struct op *op, struct step *s, const struct patience *patience,
		struct hang *hang);
void hang_describe(struct out *o, const struct hang *hang);
/* The worker waits for this process, which is what hangs if anything does; 0: for none. */
void worker_waits_for(int pid);
uint64_t now_us(void);

/* memory.c: named mappings, and access to them that survives a SIGBUS */
enum page_state {
	PAGE_MAPPED,
	PAGE_EMPTY,	/* mapped, nothing was written or its data was dropped: reads as zeros */
	PAGE_GONE,	/* unmapped */
};

struct region {
	char name[32];
	uint8_t *base;
	uint64_t pages;
	uint64_t first;	/* page of the pattern that page 0 has: other than 0 in what was moved */
	uint8_t *state;	/* a byte for each page: enum page_state */
	bool locked;	/* a page of it was mlocked at some time */
	void *reserve;
	size_t reserve_bytes;
};

struct access {
	uint64_t min_faults;
	uint64_t maj_faults;
	int signal;
	uint64_t page;	/* where the signal came */
};

void memory_setup(void);
struct region *region_find(const char *name);
struct region *region_get(struct step *s);
int region_range(struct step *s, const struct region *r, uint64_t def_n, uint64_t *page,
		 uint64_t *n);
struct region *region_new(struct step *s, const char *name, uint64_t pages, bool thp);
struct region *region_reserve(struct step *s, const char *name, uint64_t pages, uint64_t at);
struct region *region_insert(struct step *s, const char *name, uint64_t pages, int fd,
			     uint64_t pfn);
int region_drop(struct step *s, struct region *r);
int region_unmap(struct step *s, struct region *r, uint64_t page, uint64_t n);
int region_unmap_all(struct step *s);
bool region_has(const void *p);
bool region_was(const void *p);
bool regions_known(void);
/* Calls visit for the mapped pages of the range; false after a signal. */
bool region_access(struct region *r, uint64_t page, uint64_t n,
		   void (*visit)(struct region *r, uint64_t page, void *arg), void *arg,
		   struct access *seen);
void access_write(struct out *o, const struct access *seen);

/* process.c: child processes that carry out steps */
int process_run(const struct op *op, struct step *s);
int process_fork(struct step *s, const char *name);
int process_exit(struct step *s, const char *name);
int process_exit_all(struct step *s);

/* cow.c */
void break_cow(void);

/* memcg.c */

/* What memory.stat says, in pages. */
struct memcg_stat {
	long long kernel;
	long long file;
	long long sock;
	long long anon;
};

int memcg_open(const char *group, const char *file);
long long memcg_pages(int fd);
bool memcg_stat(int fd, struct memcg_stat *c);

/* usage.c */
bool usage_read(const char *all, const char *probe, long long *current, struct memcg_stat *stat);

/* charge.c */
void charge_setup(void);
void charge_warm_up(const char *of);
void charge_refresh(void);
void charge_forget(void);

/* own.c */
void own_setup(void);
void own_warm_up(const void *untouched);
uint64_t own_number(const char *group);
/* In pages; -1 where they cannot be counted. */
long long own_count(const char *group);
long long own_count_in(const uint64_t *groups, size_t nr_groups, const char *group);

/* counters.c */
/* The whole file as text, up to size - 1 bytes; false where there is none. */
bool read_file(const char *path, char *to, size_t size);
bool write_device_counters(struct out *o);
void fold_vmstat(void);
void write_counters(struct out *o);

/* op_*.c */
int op_init(struct step *s);
int op_unlock(struct step *s);
int op_free(struct step *s);
int op_reuse(struct step *s);
int op_poke(struct step *s);
int op_dump(struct step *s);
int op_counters(struct step *s);
int op_charge(struct step *s);
int op_reset(struct step *s);
int op_knobs(struct step *s);
int op_mmap(struct step *s);
int op_populate(struct step *s);
int op_fill(struct step *s);
int op_verify(struct step *s);
int op_munmap(struct step *s);
int op_touch(struct step *s);
int op_migrate(struct step *s);
int op_evict(struct step *s);
int op_usermap(struct step *s);
void write_rss(struct step *s);
int check_maps(struct step *s);
int write_maps(struct step *s);
int read_swapped(struct step *s, const struct region *r, uint64_t page, uint64_t n);
int op_mprotect(struct step *s);
int op_madvise(struct step *s);
int op_mlock(struct step *s);
int op_munlock(struct step *s);
int op_mremap(struct step *s);
int op_race(struct step *s);
int op_back(struct step *s);
int op_insert(struct step *s);
int op_observe(struct step *s);
int op_exclusive(struct step *s);
int op_hmm(struct step *s);
int op_pin(struct step *s);
int op_unpin(struct step *s);
void unpin(void);
int op_uffd(struct step *s);
void uffd_close(void);
int op_swap(struct step *s);
int swap_end(struct step *s);
void write_swap(struct out *o);
long long swap_cached(void);
int op_cgroup(struct step *s);
void cgroup_leave(void);
int op_fork(struct step *s);
int op_exit(struct step *s);
int op_reseed(struct step *s);

#endif
