/**
 * What this folder needs of the agent in the guest: one JSON object a line, see guests/agent. Numbers that can
 * pass 2^53 are hex strings.
 */

export type Hello = ReadyHello | UnfitHello;

/** The kernel lacks large device-private folios or the module could not be loaded; `why` says which. */
export interface UnfitHello {
  readonly feature: false;
  readonly why: string | null;
  readonly kernel: string;
}

export interface ReadyHello {
  readonly feature: true;
  readonly kernel: string;
  /** False where the module was loaded without the parameter that allows pokes. */
  readonly unsafe?: boolean;
  /** Whether the page map has a folio_split operation unless a step takes it away. */
  readonly folio_split?: boolean;
  readonly chunk: {
    readonly pages: number;
    readonly pfn: string;
    readonly vmemmap: string;
    readonly pgmap: string;
    /** First page of the second device, which has the rest of the chunk, and its page map; absent where there is one only. */
    readonly second?: number;
    readonly second_pgmap?: string;
  };
  /** Device-coherent pages, numbered on behind the chunk; absent where no memory is reserved for them. */
  readonly coherent?: {
    readonly pages: number;
    readonly pfn: string;
    readonly vmemmap: string;
    readonly pgmap: string;
  };
  readonly layout: {
    readonly sizeof: Readonly<Record<string, number>>;
    /** Offset and size in bytes, from the start of struct page or struct folio. */
    readonly fields: Readonly<Record<string, readonly [number, number]>>;
    /** Bit numbers in page.flags. */
    readonly flags: Readonly<Record<string, number>>;
    readonly consts: Readonly<Record<string, number | string>>;
    /** Options without CONFIG_, 1 where set. */
    readonly config: Readonly<Record<string, number>>;
  };
}

/** A request without its id, which the connection adds. */
export type Request = { readonly op: string } & Readonly<Record<string, unknown>>;

export interface Callback {
  readonly fn: string;
  /** Page offset in the chunk. */
  readonly pfn: number;
  readonly order: number;
  /** Of a split: the new folio; absent in its last call, for the head itself. */
  readonly tail?: number;
}

export interface ChangedPages {
  /** A page, or `[first, n]`: n pages in a row that are alike. */
  readonly pfns: readonly (number | readonly [first: number, n: number])[];
  /** base64 of 64 bytes for each entry of `pfns`. */
  readonly words: string;
  /** crc32 (zlib) of all struct pages that are observed, hex. */
  readonly crc: string;
  /** Pages that are observed; absent: those of the chunk. */
  readonly pages?: number;
}

export interface Reply {
  readonly ok: boolean;
  readonly errno?: string;
  readonly error?: string;
  readonly ms?: number;
  /** References to all page maps above their baseline. */
  readonly refs?: number;
  /** The same for each page map (OWNERS); absent where only the first has any. */
  readonly refs_of?: readonly number[];
  /** Callbacks of the driver since the last reply. */
  readonly cb?: readonly Callback[];
  /** Callbacks that are not in `cb`: there were more than the module can hold. */
  readonly cb_dropped?: number;
  /** Calls of folio_free that found fewer references to the pgmap than their folio has pages; absent where none did. */
  readonly early?: number;
  /** Calls of folio_free that found a folio of user memory locked; absent where none did. */
  readonly free_locked?: number;
  readonly changed?: ChangedPages;
  /** reuse: pages that the free alone had changed, as its callback found them; absent where it did not come. */
  readonly freed?: Pick<ChangedPages, 'pfns' | 'words'>;
  /** dump: the pages asked for; usermap: runs of pages alike. */
  readonly pages?: ChangedPages | readonly MapRun[];
  /** With `map`: where the pages of these mappings are, as usermap says it, in the process that carried out the step. */
  readonly maps?: Readonly<Record<string, readonly MapRun[]>>;
  /** Kernel log lines of level 4 and below since the last reply. */
  readonly log?: readonly string[];
  readonly hang?: boolean;
  readonly state?: string;
  readonly waited_ms?: number;
  readonly stack?: readonly string[];
  /** verify: pages with other data; the first 64, `bad_pages` counts all. */
  readonly bad?: readonly {
    readonly page: number;
    readonly word: number;
    readonly expected: string;
    readonly found: string;
  }[];
  readonly bad_pages?: number;
  /** fill, touch, verify: the access ended in a signal at this page. */
  readonly signal?: { readonly name: string; readonly page: number };
  /**
   * usermap, munmap, and with `counters`: anonymous memory as the mm counts it and as its page tables map it, device pages included;
   * then what it has in swap, counted and mapped.
   */
  readonly rss?: {
    readonly counted_kb: number;
    readonly mapped_kb: number;
    readonly swap_kb: number;
    readonly swapped_kb?: number;
  };
  /** Steps on user memory while swap is on, in pages of the whole system; `charged` where there are control groups. */
  readonly swap?: {
    readonly pages: number;
    readonly used: number;
    readonly cached?: number;
    /** Pages read in again since the boot that had been in the working set. */
    readonly restored?: number;
    readonly charged?: number;
  };
  /** usermap: sums over the VMAs of the mapping (/proc/PID/smaps), in kB. */
  readonly smaps_kb?: { readonly Anonymous: number; readonly AnonHugePages: number };
  /** With `counters`, and of the step of that name. */
  readonly counters?: {
    readonly refs: number;
    readonly live?: number;
    readonly migrated?: number;
    readonly vmstat?: Readonly<Record<string, number>>;
    /** By order. */
    readonly mthp?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  /** charge: pages that the control group is charged for, see docs/agent-protocol.md. */
  readonly charge?: {
    readonly current: number;
    readonly stock: number;
    readonly kernel: number;
    readonly file: number;
    readonly sock: number;
    readonly anon: number;
    readonly own: number;
  };
  /** migrate, evict: pages that have moved. */
  readonly migrated?: number;
  /** migrate: bits for each entry of `to`, see docs/agent-protocol.md. evict: entries that are not 0, `[index, entry]`. */
  readonly src?: readonly (number | readonly [number, string])[];
  /** evict: folios that the scan found. */
  readonly evicted?: readonly {
    readonly pfn: number;
    readonly compound: boolean;
    readonly collected: boolean;
    readonly migrated: boolean;
    /** Of the destination; absent where there was none. */
    readonly order?: number;
  }[];
  readonly cpages?: number;
  /** cgroup: pages that are charged to the groups of the scenario. */
  readonly usage?: {
    readonly current: number;
    readonly kernel: number;
    readonly anon: number;
    /** Of the agent itself. */
    readonly own: number;
  };
  /** hmm: runs of pages alike, as hmm_range_fault() shows them; device pages from `pfn` on. */
  readonly hmm?: readonly MirrorRun[];
  /** race: device pages that the threads initialised. */
  readonly inited?: number;
  /** mmap: address of the first page, hex. */
  readonly addr?: string;
}

/**
 * Where a page of a mapping is: nowhere yet, in system memory, there and lent to a device alone, swapped out, behind another
 * swap entry, or on the device.
 */
export type UserPageState = 'none' | 'ram' | 'exclusive' | 'swapped' | 'swap' | 'device';

/** Swap types of device-private entries; coherent pages have present ones (include/linux/swap.h): below 30 for exclusive entries, 31 for markers. */
export const DEVICE_WRITE = 28;
export const DEVICE_READ = 29;

/** `n` pages of a mapping from `page` on that are alike; device pages from `pfn` on. */
export interface MapRun {
  readonly page: number;
  readonly n: number;
  readonly state: UserPageState;
  readonly pfn?: number;
  /** Swapped out: in this slot of the swap area and those behind it. */
  readonly slot?: number;
  /** Swap type of an entry that is not present. */
  readonly type?: number;
}

/** What a device sees of `n` pages of a mapping from `page` on. */
export interface MirrorRun {
  readonly page: number;
  readonly n: number;
  readonly valid: boolean;
  readonly write: boolean;
  readonly error?: boolean;
  readonly pfn?: number;
}

export interface Loss {
  readonly reason: string;
  readonly console: string;
  readonly lastConsoleLine: string;
}

/** A guest lent for some cases. */
export interface LeasedGuest {
  readonly hello: Hello;
  /** True until the first request: a guest as it was saved. */
  readonly fresh: boolean;
  /** Requests that it was sent by all who had it, in order; who sends one adds it. */
  readonly history: Request[];
  /** A case left it broken, and it was put in order: what fails in it afterwards is to be seen in another guest too. */
  readonly mended: boolean;
  request(request: Request, deadlineMs: number): Promise<Reply>;
  exec(
    argv: readonly string[],
    options: {
      readonly what: string;
      readonly deadlineMs: number;
      readonly onStdout?: (chunk: string) => void;
    },
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** All that the serial console has shown so far. */
  consoleText(): string;
  /** Resolves when the guest is gone. */
  readonly lost: Promise<Loss>;
  /** Something went wrong in it: it is closed and never lent again. */
  discard(): Promise<void>;
  /** Says that it is `mended` from now on. */
  noteMended(): void;
  /** Done with it; it may be lent again. */
  release(): void;
}

export interface GuestPool {
  /** `fresh`: only a guest that nothing has run in. */
  acquire(options?: { readonly fresh?: boolean; readonly signal?: AbortSignal }): Promise<LeasedGuest>;
}
