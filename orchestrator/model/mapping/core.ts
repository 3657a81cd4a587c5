import { putFolio } from '../free.js';
import type { Kernel } from '../kernel.js';
import type { RoleMap } from '../roles.js';
import type { Variant } from '../variant.js';
import type { WriterName } from '../writers.js';
import type { SplitDriver } from './operation.js';
import { lockSplitList } from './split.js';
import { mapcountOf } from './system.js';
import type { Folio, Page, SysFolio } from './system.js';
import type { Process } from './tables.js';
import { Tokens } from './tokens.js';
import type { Token } from './tokens.js';

/**
 * What the parts of the model of user memory share: the struct pages, the processes, and the folio helpers of the core,
 * which work on pages of the chunk through their bytes and on system pages through what little is kept of them.
 */
export class Core {
  readonly k: Kernel;
  readonly roles: RoleMap;
  readonly variant: Variant;
  readonly tokens: Tokens;
  readonly processes: Process[] = [];
  /** The object cgroup that everything is charged to; undefined where nothing is charged. */
  readonly objcg: Token | undefined;
  /** Device pages whose copy holds nothing but zeroes. */
  readonly zeroes: Uint8Array;
  failLarge = 0;
  split: SplitDriver = 'pgmap';
  #seq = 0;

  constructor(k: Kernel, roles: RoleMap, variant: Variant) {
    this.k = k;
    this.roles = roles;
    this.variant = variant;
    this.tokens = new Tokens(k);
    this.zeroes = new Uint8Array(k.mem.pages);
    if (k.layout.charging) {
      this.objcg = this.tokens.make('objcg');
      k.stats.objcgs.add(this.objcg.value);
    }
  }

  /** A number for the order of things that are inserted into an interval tree. */
  nextSeq(): number {
    return ++this.#seq;
  }

  put32(page: number, offset: number, value: number, by: WriterName): void {
    this.k.mem.fill32(page, 1, offset, value, this.k.by(by));
  }

  put64(page: number, offset: number, value: bigint, by: WriterName): void {
    this.k.mem.fill64(
      page,
      1,
      offset,
      Number(value & 0xffffffffn),
      Number((value >> 32n) & 0xffffffffn),
      this.k.by(by),
    );
  }

  /** An int of a struct page. */
  int(page: number, offset: number): number {
    return this.k.mem.get32(page, offset) | 0;
  }

  /** page_folio() */
  folioOf(page: Page): Folio {
    return typeof page === 'number' ? this.k.pageFolio(page) : page.folio;
  }

  order(folio: Folio): number {
    return typeof folio === 'number' ? this.k.folioOrder(folio) : folio.order;
  }

  nrPages(folio: Folio): number {
    return typeof folio === 'number' ? this.k.folioNrPages(folio) : folio.pages.length;
  }

  large(folio: Folio): boolean {
    return typeof folio === 'number' ? this.k.testFolioFlag(folio, 'PG_head') : folio.order > 0;
  }

  /** folio_page() */
  page(folio: Folio, i: number): Page {
    return typeof folio === 'number' ? this.k.inChunk(folio + i) : (folio.pages[i] as Page);
  }

  /** Number of a page inside its folio. */
  indexIn(folio: Folio, page: Page): number {
    return typeof folio === 'number'
      ? (page as number) - folio
      : folio.pages.indexOf(page as SysFolio['pages'][number]);
  }

  /** folio->index */
  index(folio: Folio): bigint {
    return typeof folio === 'number' ? this.k.mem.get64(folio, this.k.layout.at.index) : folio.index;
  }

  /** folio_anon_vma() of a device folio. */
  anonVma(head: number): Token | undefined {
    return this.tokens.find('anon_vma', this.k.mem.get64(head, this.k.layout.at.mapping));
  }

  /** A flag of the head, by the name of the layout. */
  flag(folio: Folio, name: string): boolean {
    if (typeof folio !== 'number') return folio.flags.has(name);
    return this.k.layout.flags[name] !== undefined && this.k.testFolioFlag(folio, name);
  }

  setFlag(folio: Folio, name: string, by: WriterName): void {
    if (typeof folio === 'number') this.k.setFlag(folio, name, true, by);
    else folio.flags.add(name);
  }

  exclusive(page: Page): boolean {
    return typeof page === 'number' ? this.k.flag(page, 'PG_anon_exclusive') : page.exclusive;
  }

  setExclusive(page: Page, on: boolean): void {
    if (typeof page === 'number') this.k.setFlag(page, 'PG_anon_exclusive', on, 'rmapExclusive');
    else page.exclusive = on;
  }

  refs(folio: Folio): number {
    return typeof folio === 'number' ? this.k.mem.get32(folio, this.k.layout.at.refcount) : folio.refs;
  }

  addRefs(folio: Folio, by: number): void {
    if (typeof folio === 'number') this.put32(folio, this.k.layout.at.refcount, this.refs(folio) + by, 'get');
    else folio.refs += by;
  }

  /** folio_put(); the last one frees. */
  put(folio: Folio): void {
    if (typeof folio === 'number') {
      const last = this.refs(folio) === 1;
      putFolio(this.k, folio, this.variant.free);
      if (last) this.roles.free(folio);
      return;
    }
    if (--folio.refs > 0) return;
    this.unqueueSplit(folio);
    if (folio.objcg) this.k.stats.charged -= folio.pages.length;
    this.k.stats.addAnon(folio.order, -1);
  }

  /** deferred_split_folio() of a folio that lost some of its mappings (mm/huge_memory.c:4564). */
  queueSplit(folio: SysFolio): void {
    if (folio.partial) return;
    lockSplitList(this.k, folio.objcg !== undefined, folio.order);
    folio.partial = true;
    this.k.stats.addMthp('split_deferred', folio.order, 1);
    this.k.stats.addPartiallyMapped(folio.order, 1);
  }

  /** folio_unqueue_deferred_split(): before a folio is split, migrated or freed. */
  unqueueSplit(folio: SysFolio): void {
    if (!folio.partial) return;
    lockSplitList(this.k, folio.objcg !== undefined, folio.order);
    this.k.stats.addPartiallyMapped(folio.order, -1);
    folio.partial = false;
  }

  /** folio_mapcount() (include/linux/mm.h). */
  mapcount(folio: Folio): number {
    if (typeof folio !== 'number') return mapcountOf(folio);
    const { at } = this.k.layout;
    if (this.large(folio)) return this.int(this.k.inChunk(folio + 1), at.largeMapcount) + 1;
    return this.int(folio, at.mapcount) + 1;
  }

  /**
   * The references of a folio are those of its mappings and `held` by the caller (folio_expected_ref_count()). One that
   * seems to be in the swap cache would have one more for each page, which nobody holds.
   */
  heldAlone(folio: Folio, held: number): boolean {
    if (this.flag(folio, 'PG_owner_priv_1') && this.flag(folio, 'PG_swapbacked')) return false;
    return this.refs(folio) === this.mapcount(folio) + held;
  }

  /** Takes a charge for a new folio (mm/memcontrol.c:charge_memcg, commit_charge). */
  charge(folio: Folio): void {
    const { objcg, k } = this;
    if (!objcg) return;
    k.stats.charged += this.nrPages(folio);
    this.commitCharge(folio, objcg);
  }

  commitCharge(folio: Folio, objcg: Token): void {
    if (typeof folio !== 'number') {
      folio.objcg = objcg;
      return;
    }
    const at = this.k.layout.at.memcgData as number;
    this.k.bugOn(this.k.mem.get64(folio, at) !== 0n, CHARGED);
    this.put64(folio, at, objcg.value, 'charge');
  }
}

const CHARGED = {
  why: 'VM_BUG_ON_FOLIO(folio_memcg_charged(folio)): memcg_data of a folio that is charged is not 0',
  line: 'mm/memcontrol.c:2881',
  config: 'DEBUG_VM',
};
