// SPDX-License-Identifier: GPL-2.0
/*
 * What the tree says of itself, as text: one "kind name values" a line, made
 * from its own headers.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/poison.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "zd.h"

#ifdef ZD_HAS_page_compound_info
#define ZD_TAIL_WORD	offsetof(struct page, lru)	/* the tail link shares its place */
#endif
#define ZD_TEXT_SIZE	(16 * 1024)

struct zd_field {
	const char *name;
	u32 offset;
	u32 size;
};

struct zd_value {
	const char *name;
	u64 value;
};

static const struct zd_field zd_fields[] = {
#define X(name, offset, size) { name, offset, size },
	ZD_FIELDS(X)
#undef X
};

static const struct zd_value zd_flags[] = {
#define X(name) { #name, name },
	ZD_FLAGS(X)
#undef X
};

static const struct zd_value zd_symbols[] = {
#define X(name) { #name, name },
	ZD_SYMBOLS(X)
#undef X
};

static const struct zd_value zd_numbers[] = {
	{ "zones_shift", ZONES_PGSHIFT },
	{ "zones_width", ZONES_WIDTH },
	{ "zone_device", ZONE_DEVICE },
	{ "nodes_shift", NODES_PGSHIFT },
	{ "nodes_width", NODES_WIDTH },
	{ "last_cpupid_shift", LAST_CPUPID_PGSHIFT },
	{ "last_cpupid_width", LAST_CPUPID_WIDTH },
	{ "sections_width", SECTIONS_WIDTH },
	{ "nr_pageflags", NR_PAGEFLAGS },
	{ "page_shift", PAGE_SHIFT },
	{ "pmd_order", ZD_PMD_ORDER },
	{ "swap_disk", ZD_SWAP_DISK },
};

static const struct zd_value zd_config[] = {
#define C(name) { #name, IS_ENABLED(CONFIG_##name) }
	C(MEMCG), C(NUMA), C(SMP), C(MEMORY_FAILURE), C(DEBUG_VM), C(DEBUG_VM_PGFLAGS),
	C(HUGETLB_PAGE_OPTIMIZE_VMEMMAP), C(LRU_GEN), C(KASAN), C(KMSAN), C(PROVE_LOCKING),
	C(TRANSPARENT_HUGEPAGE), C(ZONE_DEVICE), C(DEVICE_PRIVATE), C(PAGE_MAPCOUNT),
	C(NO_PAGE_MAPCOUNT), C(MM_ID), C(PAGE_IDLE_FLAG), C(SLAB_OBJ_EXT), C(NUMA_BALANCING),
	C(SPARSEMEM_VMEMMAP), C(SWAP), C(KSM), C(USERFAULTFD), C(PANIC_ON_OOPS),
	C(DETECT_HUNG_TASK), C(STACKTRACE), C(64BIT), C(GUP_TEST),
#undef C
};

/**
 * struct zd_out - text that is being made
 * @buf: its place
 * @len: used so far
 */
struct zd_out {
	char *buf;
	size_t len;
};

static __printf(2, 3) void zd_line(struct zd_out *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->len += vscnprintf(out->buf + out->len, ZD_TEXT_SIZE - out->len, fmt, ap);
	va_end(ap);
}

/*
 * Whether a tail page holds a mask or the address of its head: seen on a real
 * compound page, since it depends on the config in a way that may change.
 */
static int zd_tail_holds_mask(void)
{
#ifdef ZD_HAS_page_compound_info
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	unsigned long word;

	if (!page)
		return -1;
	word = *(unsigned long *)((void *)&page[3] + ZD_TAIL_WORD);
	__free_pages(page, 2);
	return word != ((unsigned long)page | 1);
#else
	return 0;
#endif
}

static void zd_describe(struct zd_out *out)
{
	size_t i;

#ifdef ZD_FEATURE
	zd_line(out, "feature 1\n");
	zd_line(out, "chunk pages d %lu\n", zd.pages);
	zd_line(out, "chunk pfn x 0x%lx\n", zd.pfn);
	zd_line(out, "chunk vmemmap x 0x%lx\n", (unsigned long)zd.base);
	zd_line(out, "chunk pgmap x 0x%lx\n", (unsigned long)&zd.maps[ZD_FIRST].pgmap);
	if (zd.maps[ZD_SECOND].pages) {
		zd_line(out, "chunk second d %lu\n", zd.maps[ZD_SECOND].first);
		zd_line(out, "chunk second_pgmap x 0x%lx\n",
			(unsigned long)&zd.maps[ZD_SECOND].pgmap);
	}
	if (zd.maps[ZD_COHERENT].pages) {
		zd_line(out, "coherent pages d %lu\n", zd.maps[ZD_COHERENT].pages);
		zd_line(out, "coherent pfn x 0x%lx\n", zd_pfn(zd.pages));
		zd_line(out, "coherent vmemmap x 0x%lx\n", (unsigned long)zd_page(zd.pages));
		zd_line(out, "coherent pgmap x 0x%lx\n",
			(unsigned long)&zd.maps[ZD_COHERENT].pgmap);
	}
#else
	zd_line(out, "feature 0\nwhy %s\n", ZD_WHY);
#endif
	zd_line(out, "kernel %s\n", init_utsname()->release);
	zd_line(out, "unsafe %d\n", zd_unsafe);
	zd_line(out, "folio_split %d\n", zd_split_op);
	zd_line(out, "sizeof page %zu\n", sizeof(struct page));
	zd_line(out, "sizeof folio %zu\n", sizeof(struct folio));
	for (i = 0; i < ARRAY_SIZE(zd_fields); i++)
		zd_line(out, "field %s %u %u\n", zd_fields[i].name, zd_fields[i].offset,
			zd_fields[i].size);
	for (i = 0; i < ARRAY_SIZE(zd_flags); i++)
		zd_line(out, "flag %s %llu\n", zd_flags[i].name, zd_flags[i].value);
	zd_line(out, "const TAIL_MAPPING x 0x%lx\n", (unsigned long)TAIL_MAPPING);
	zd_line(out, "const page_flags_check_at_prep x 0x%lx\n",
		(unsigned long)PAGE_FLAGS_CHECK_AT_PREP);
#ifdef ZD_ENTIRELY_MAPPED
	zd_line(out, "const ENTIRELY_MAPPED x 0x%lx\n", (unsigned long)ZD_ENTIRELY_MAPPED);
#endif
	for (i = 0; i < ARRAY_SIZE(zd_symbols); i++)
		zd_line(out, "const %s x 0x%llx\n", zd_symbols[i].name, zd_symbols[i].value);
	for (i = 0; i < ARRAY_SIZE(zd_numbers); i++)
		zd_line(out, "const %s d %llu\n", zd_numbers[i].name, zd_numbers[i].value);
	zd_line(out, "const compound_info_has_mask d %d\n", zd_tail_holds_mask());
	zd_line(out, "const memcg_disabled d %d\n", mem_cgroup_disabled());
	for (i = 0; i < ARRAY_SIZE(zd_config); i++)
		zd_line(out, "config %s %llu\n", zd_config[i].name, zd_config[i].value);
}

int zd_text(struct zdplace_text *arg)
{
	struct zd_out out = { .buf = kvmalloc(ZD_TEXT_SIZE, GFP_KERNEL) };
	int ret = 0;

	if (!out.buf)
		return -ENOMEM;
	zd_describe(&out);
	if (copy_to_user(u64_to_user_ptr(arg->buf), out.buf, min_t(size_t, arg->size, out.len)))
		ret = -EFAULT;
	arg->len = out.len;
	kvfree(out.buf);
	return ret;
}
