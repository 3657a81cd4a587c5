import { z } from 'zod';
import { OWNERS } from './page-maps.js';

/** The operations that a step of a scenario can name, with their arguments. */

/** Order of the largest device-private folio that 7.3 maps (a PMD on x86-64); larger ones are never made. */
export const MAX_ORDER = 9;

const HEX = /^0x[0-9a-fA-F]{1,16}$/;
/** Names of mappings, child processes and parameters. */
export const NAME = /^[a-z][a-z0-9]*$/;

/** Name of a mapping where a step gives none. */
export const DEFAULT_MAPPING = 'm';
/** Seed of the data pattern where a step gives none. */
export const DEFAULT_SEED = 1;

/** Schemas of the operations; `integer` and `bool` decide whether a parameter may stand for a value. */
export function operations<N extends z.ZodType, B extends z.ZodType>(
  integer: (min: number, max: number) => N,
  bool: () => B,
) {
  const pfn = integer(0, 1 << 20).describe('Page offset in the chunk of device memory, 0 is the first page');
  const order = integer(0, MAX_ORDER).describe('The folio has 2^order pages');
  const page = integer(0, 1 << 20).describe('Page of the mapping, 0 is the first');
  const name = z.string().regex(NAME).default(DEFAULT_MAPPING).describe('Name of the mapping');
  const within = z
    .string()
    .regex(NAME)
    .describe('Child process that carries out the step; default: the test process')
    .optional();
  const every = integer(1, 1 << 16)
    .default(1 as never)
    .describe('2: of the pages each second one, the first included; one call a page');
  const owner = z
    .enum(OWNERS)
    .describe('The device whose pages are asked for, by the owner of its page map; default: first')
    .optional();
  const child = z.string().regex(NAME).describe('Name of a child process');
  const how = z.enum(['page', 'folio']).describe('page: as drivers do; folio: by cast, never page_folio()');

  return {
    init: z
      .strictObject({
        pfn,
        order,
        unlock: z
          .enum(['none', 'page', 'folio'])
          .default('page')
          .describe('How the lock that zone_device_page_init() leaves is dropped; none keeps it'),
        rmappable: bool()
          .describe('folio_set_large_rmappable() as zone_device_folio_init() does (default yes)')
          .optional(),
        zdd: z
          .string()
          .regex(HEX)
          .describe('zone_device_data that the driver sets after the init')
          .optional(),
      })
      .describe('zone_device_page_init(): a folio comes to life at a chosen place and order'),
    unlock: z.strictObject({ pfn, how: how.default('page') }).describe('Drop the folio lock kept by an init'),
    free: z
      .strictObject({ pfn, how: how.default('page') })
      .describe('Drop the last reference: put_page() or folio_put()'),
    reuse: z
      .strictObject({
        pfn,
        how: how.default('page'),
        to: integer(0, 1 << 20).describe('First page of the new folio'),
        order,
      })
      .describe(
        'A free whose folio_free callback at once makes a folio at `to`: of these pages, or of free ones',
      ),
    poke: z
      .strictObject({
        pfn,
        set: z
          .array(z.string().regex(/^PG_\w+$/))
          .min(1)
          .describe('Page flags to set, by name')
          .optional(),
        field: z.string().describe('Field of struct page by name, for example page.memcg_data').optional(),
        byte: integer(0, 63).describe('First byte in the 64-byte struct page').optional(),
        size: z.literal([1, 2, 4, 8]).describe('Bytes to write at `byte`').optional(),
        value: z.string().regex(HEX).describe('What to write, for `field` and `byte`').optional(),
      })
      .describe(
        'Write into a struct page behind the kernel’s back, to stand for what other code could have left',
      ),
    knobs: z
      .strictObject({
        failLarge: integer(0, 1 << 20)
          .default(0 as never)
          .describe('So many allocations of a large folio on the way back fail, from the next on'),
        failSmall: integer(0, 1 << 20)
          .describe('The nth allocation of a small folio in a CPU fault fails, that one alone')
          .optional(),
        lingerUs: integer(0, 100_000)
          .describe(
            'A CPU fault sleeps so long with its folio locked before it collects and before it copies',
          )
          .optional(),
        freeUs: integer(0, 10_000)
          .describe('folio_free takes so long, for every folio, whatever its caller holds')
          .optional(),
        lockPfn: pfn
          .describe(
            'Somebody locks this page in the next folio_free, as anybody may, if it is not locked; nobody else may unlock it',
          )
          .optional(),
        lockUs: integer(1, 100_000).describe('For so long').optional(),
        splitOp: bool()
          .describe('With or without dev_pagemap_ops.folio_split; only while no folio lives')
          .optional(),
      })
      .describe('What the driver does from now on'),
    evict: z
      .strictObject({
        pfn: pfn.optional(),
        pages: integer(1, 1 << 20)
          .describe('migrate_device_range() from pfn on; default: to the end')
          .optional(),
        pfns: z
          .array(pfn)
          .min(1)
          .describe('migrate_device_pfns() of this list, a large folio with all its pages')
          .optional(),
      })
      .describe('Device pages back to system memory by number, as a driver empties a chunk'),
    fork: z.strictObject({ child }).describe('A child process that shares all mappings until it writes'),
    exit: z.strictObject({ child }).describe('The end of a child process and of its mappings'),
    mmap: z
      .strictObject({
        name,
        pages: integer(1, 1 << 16),
        thp: bool().describe('2 MiB aligned and MADV_HUGEPAGE').optional(),
      })
      .describe('Anonymous memory of the test process'),
    populate: z
      .strictObject({ name, order: integer(1, MAX_ORDER) })
      .describe(
        'Writes to every page while the kernel may take folios of this order alone; needs `thp: true`',
      ),
    fill: z
      .strictObject({
        name,
        in: within,
        seed: integer(0, 0xffffffff).default(DEFAULT_SEED as never),
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
      })
      .describe('Write a pattern that differs in every page'),
    migrate: z
      .strictObject({
        name,
        to: z
          .array(
            z.strictObject({
              page,
              pfn,
              order,
              count: integer(1, 1 << 16)
                .describe('So many entries, page and pfn counting on by the size of the folio')
                .optional(),
              every: integer(1, 1 << 16)
                .describe('2: of the folios that `count` goes through each second one has an entry')
                .optional(),
            }),
          )
          .min(1),
        abort: bool()
          .describe('Initialise the destinations, then put them back, as a driver whose copy failed')
          .optional(),
        fromDevice: bool()
          .describe('Pages that are on the device move too: MIGRATE_VMA_SELECT_DEVICE_PRIVATE')
          .optional(),
        stranger: bool().describe('As a driver with another pgmap_owner than the pages have').optional(),
        owner,
        held: bool()
          .describe('Somebody takes a reference on each source once they are unmapped, until all is over')
          .optional(),
      })
      .describe('migrate_vma_setup/pages/finalize to chosen device pages; order 0 or 9'),
    back: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        owner,
        system: bool().describe('System memory is asked for, too: MIGRATE_VMA_SELECT_SYSTEM').optional(),
      })
      .describe('migrate_vma_setup/pages/finalize from a device to system memory, as its driver wants it'),
    insert: z
      .strictObject({ name, pages: integer(1, 512), pfn })
      .describe('A VMA of the driver with coherent pages in it: vm_insert_page()'),
    race: z
      .strictObject({
        seed: integer(0, 0xffffffff).default(DEFAULT_SEED as never),
        spreadUs: integer(0, 1_000_000)
          .describe('Each thread begins at some time within so many microseconds, drawn anew in every run')
          .optional(),
        threads: z
          .array(
            z.strictObject({
              do: z.enum(['touch', 'write', 'munmap', 'dontneed', 'evict', 'migrate', 'init', 'hmm']),
              name,
              page: page.optional(),
              pages: integer(1, 1 << 16).optional(),
              pfn: pfn.optional(),
              order: order.optional(),
              times: integer(1, 1000).default(1 as never),
              cpu: integer(0, 63)
                .describe(
                  'Processor that the thread stays on, counted round; default: any, which may be that of the others',
                )
                .optional(),
            }),
          )
          .min(1)
          .max(8),
      })
      .describe('Threads of the test process that do these things at the same time, each so many times'),
    cgroup: z
      .strictObject({
        enter: z
          .string()
          .regex(NAME)
          .describe('Makes a control group, and the test process is in it')
          .optional(),
        leave: z.string().regex(NAME).describe('Back to where it was; the group is removed').optional(),
        limit: integer(1, 1 << 24)
          .describe('memory.max of the group, in pages')
          .optional(),
      })
      .describe('Which control group memory is charged to; neither: looks only'),
    swap: z
      .strictObject({
        on: bool().describe('false: what is in swap comes back first').optional(),
        hold: bool().describe('While swap is on: from here on no write to it ends, or all do').optional(),
        sync: bool()
          .describe(
            'The disk says that it is as fast as memory: what comes back leaves the swap cache at once',
          )
          .optional(),
      })
      .describe('Swap on a disk in memory, from here on or no longer; off at the end of a case'),
    exclusive: z
      .strictObject({ name, in: within, page, pages: integer(1, 1 << 16).default(1 as never) })
      .describe(
        'make_device_exclusive(): the pages come to system memory, and the CPU is kept out until it asks',
      ),
    hmm: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        fault: z
          .enum(['read', 'write'])
          .describe('Pages that cannot be accessed so are faulted in')
          .optional(),
        stranger: bool()
          .describe('As a device that does not own the pages: those have to come back')
          .optional(),
        owner,
      })
      .describe('hmm_range_fault(): the memory as a device sees it that mirrors the page tables'),
    pin: z
      .strictObject({
        name,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        write: bool().optional(),
        pipe: bool().describe('Plain references instead, of a pipe that the pages are in').optional(),
      })
      .describe(
        'FOLL_LONGTERM pins, by gup_test: pages on the device come back, and stay until they are unpinned',
      ),
    unpin: z.strictObject({ name }).describe('The end of the pins and of the pipe'),
    uffd: z
      .strictObject({ name, mode: z.enum(['missing', 'wp', 'none']) })
      .describe('userfaultfd: faults on missing pages, or writes to pages there are now, end in SIGBUS'),
    mremap: z
      .strictObject({
        name,
        to: z.string().regex(NAME).describe('Name of the mapping that the pages are in afterwards'),
        at: integer(0, 511).describe('Pages from an address that is aligned to 2 MiB').optional(),
        dontunmap: bool().describe('MREMAP_DONTUNMAP: the old mapping stays, empty').optional(),
      })
      .describe('Moves a whole mapping to another address'),
    madvise: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        advice: z.enum([
          'cold',
          'pageout',
          'swapout',
          'free',
          'collapse',
          'mergeable',
          'unmergeable',
          'hugepage',
          'nohugepage',
          'populate_read',
        ]),
      })
      .describe('Advice that says nothing about the data; `dontneed` is a step of its own'),
    mlock: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        onfault: bool().describe('MLOCK_ONFAULT: pages that are not there are left alone').optional(),
      })
      .describe('Locks pages in memory; those on the device come back'),
    munlock: z
      .strictObject({ name, in: within, page: page.optional(), pages: integer(1, 1 << 16).optional() })
      .describe('Takes the lock off again'),
    touch: z
      .strictObject({
        name,
        in: within,
        page,
        pages: integer(1, 1 << 16).default(1 as never),
        write: bool().optional(),
      })
      .describe('CPU access; pages on the device come back by fault'),
    verify: z
      .strictObject({ name, in: within })
      .describe('Read every page that is still mapped and compare with the pattern'),
    munmap: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        every,
      })
      .describe('Unmap all, or `pages` pages from `page` on'),
    dontneed: z
      .strictObject({ name, in: within, page, pages: integer(1, 1 << 16).default(1 as never), every })
      .describe('MADV_DONTNEED: the pages stay mapped and read as zeros'),
    mprotect: z
      .strictObject({
        name,
        in: within,
        page: page.optional(),
        pages: integer(1, 1 << 16).optional(),
        every,
        prot: z.enum(['none', 'r', 'rw']),
      })
      .describe('Protection of all pages, or of `pages` pages from `page` on'),
  };
}
