import type { Kernel } from '../kernel.js';
import type { RoleMap } from '../roles.js';
import type { MthpStat } from '../stats.js';
import type { Variant } from '../variant.js';
import { Core } from './core.js';
import { migrateTo } from './drive.js';
import { evict } from './evict.js';
import { access, entryAt } from './fault.js';
import { MAIN_PROCESS } from './operation.js';
import type { MigrateAnswer, ScanEntry, UserEffects, UserOperation } from './operation.js';
import type { FolioCounts, MappedPage, UserState } from './state.js';
import type { Page } from './system.js';
import { PMD_PAGES, inOrder, tableAt, vmaAt } from './tables.js';
import type { Mapping, Process } from './tables.js';
import { dontNeed, exitProcess, forkProcess, protect, unmapRange } from './zap.js';

/** Page number of the first mapping where an operation gives no address, and the distance of the next; multiples of a PMD. */
const FIRST_PAGE = 0x7f0000000n;
const STRIDE = 0x40000n;
const PAGE_SHIFT = 12n;

/** The parts of an answer that a step on user memory has besides those of any step. */
export type Answer = Pick<UserEffects, 'migrate' | 'scan' | 'signal'>;

/** User memory over the struct pages of a chunk: page tables of the test's processes, and the core's work on both. */
export class UserMemory implements UserState {
  readonly #core: Core;
  #made = 0n;

  constructor(kernel: Kernel, roles: RoleMap, variant: Variant) {
    this.#core = new Core(kernel, roles, variant);
    this.#core.processes.push({
      name: MAIN_PROCESS,
      id: this.#core.tokens.make('mm_id'),
      mappings: new Map(),
    });
  }

  /** Takes the guest's values for what nobody can predict; call it before the bytes are compared. */
  bind(guest: Uint8Array): void {
    this.#core.tokens.bind(guest);
  }

  /**
   * Does one operation.
   * @throws RangeError for a process, mapping or page that is not there; Trap where the kernel stops
   */
  apply(op: Exclude<UserOperation, { op: 'split' }>): Answer {
    const core = this.#core;
    switch (op.op) {
      case 'mmap':
        this.#map(op);
        return {};
      case 'access':
        return this.#access(op);
      case 'migrate':
        return { migrate: this.#migrate(op) };
      case 'munmap': {
        const [process, mapping] = this.#find(op.name, op.process);
        const start = op.page ?? 0;
        const end = op.page === undefined ? mapping.pages : start + (op.count ?? 1);
        unmapRange(core, process, mapping, start, end);
        if (end - start === mapping.pages) process.mappings.delete(op.name);
        return {};
      }
      case 'mprotect': {
        const [process, mapping] = this.#find(op.name, op.process);
        protect(core, process, mapping, op.page, op.page + op.count, op.access);
        return {};
      }
      case 'dontneed': {
        const [process, mapping] = this.#find(op.name, op.process);
        dontNeed(core, process, mapping, op.page, op.page + op.count);
        return {};
      }
      case 'fork':
        if (core.processes.some(({ name }) => name === op.child))
          throw new RangeError(`process ${op.child} exists`);
        forkProcess(core, this.#process(op.parent), op.child);
        return {};
      case 'exit':
        exitProcess(core, this.#process(op.process));
        return {};
      case 'evict':
        return { scan: this.#evict(op) };
      case 'knobs':
        core.failLarge = op.failLarge ?? core.failLarge;
        core.split = op.split ?? core.split;
        return {};
    }
  }

  #map(op: UserOperation & { op: 'mmap' }): void {
    const process = this.#process();
    if (process.mappings.has(op.name)) throw new RangeError(`mapping ${op.name} exists`);
    const seq = this.#core.nextSeq();
    process.mappings.set(op.name, {
      name: op.name,
      base: op.address === undefined ? FIRST_PAGE + STRIDE * this.#made++ : op.address >> PAGE_SHIFT,
      pages: op.pages,
      thp: op.thp,
      vmas: [{ start: 0, end: op.pages, access: 'write', accounted: true, anonVma: undefined, seq }],
      tables: new Map(),
    });
  }

  #access(op: UserOperation & { op: 'access' }): Answer {
    const [process, mapping] = this.#find(op.name, op.process);
    for (let page = op.page; page < op.page + op.count; page++) {
      if (!vmaAt(mapping, page)) continue;
      const signal = access(this.#core, process, mapping, page, op.write, op.data ?? op.write);
      if (signal) return { signal: { name: signal, page } };
    }
    return {};
  }

  #migrate(op: UserOperation & { op: 'migrate' }): MigrateAnswer {
    const [process, mapping] = this.#find(op.name, op.process);
    return migrateTo(this.#core, process, mapping, op.to, op.compound ?? true, op.abort ?? false);
  }

  #evict(op: UserOperation & { op: 'evict' }): ScanEntry[] {
    const pfns = 'pfns' in op ? op.pfns : Array.from({ length: op.count }, (_, i) => op.pfn + i);
    return evict(this.#core, pfns);
  }

  #process(name = MAIN_PROCESS): Process {
    const found = this.#core.processes.find((process) => process.name === name);
    if (!found) throw new RangeError(`no process ${name}`);
    return found;
  }

  #find(name: string, process?: string): [Process, Mapping] {
    const owner = this.#process(process);
    const mapping = owner.mappings.get(name);
    if (!mapping) throw new RangeError(`process ${owner.name} has no mapping ${name}`);
    return [owner, mapping];
  }

  get processes(): readonly string[] {
    return this.#core.processes.map(({ name }) => name);
  }

  mappings(process?: string): readonly string[] {
    return inOrder(this.#process(process)).map(({ name }) => name);
  }

  pages(name: string, process?: string): readonly MappedPage[] {
    const [, mapping] = this.#find(name, process);
    return Array.from({ length: mapping.pages }, (_, page) => this.#page(mapping, page));
  }

  #page(mapping: Mapping, page: number): MappedPage {
    const entry = entryAt(mapping, page);
    const huge = tableAt(mapping, page)?.pmd !== undefined;
    const level = huge ? 'pmd' : 'pte';
    const plain = { order: 0, level, write: false, exclusive: false } as const;
    if (!vmaAt(mapping, page)) return { kind: 'unmapped', ...plain };
    if (!entry) return { kind: 'none', ...plain };
    if (entry.kind === 'zero') return { kind: 'zero', ...plain, order: huge ? 9 : 0 };
    const folio = this.#core.folioOf(entry.page);
    const common = {
      order: this.#core.order(folio),
      level,
      write: entry.kind === 'page' && entry.write,
      exclusive: this.#core.exclusive(entry.page),
    } as const;
    if (typeof entry.page !== 'number') return { kind: 'ram', ...common };
    return { kind: 'device', ...common, pfn: entry.page + (huge ? page % 512 : 0) };
  }

  rss(process?: string): number {
    let pages = 0;
    for (const mapping of this.#process(process).mappings.values())
      for (const { pmd, ptes } of mapping.tables.values()) {
        if (pmd && pmd.kind !== 'zero') pages += 512;
        for (const entry of ptes ?? []) if (entry && entry.kind !== 'zero') pages++;
      }
    return pages;
  }

  folio(pfn: number): FolioCounts {
    const core = this.#core;
    const folio = core.folioOf(pfn) as number;
    const { at } = core.k.layout;
    const large = core.large(folio);
    return {
      order: core.order(folio),
      refcount: core.refs(folio),
      mapcount: core.mapcount(folio),
      entire: large ? core.int(folio + 1, at.entireMapcount) + 1 : 0,
    };
  }

  get charged(): number {
    return this.#core.k.stats.charged;
  }

  get mapped(): number {
    const core = this.#core;
    const pages = new Set<Page>();
    for (const { mappings } of core.processes)
      for (const { tables } of mappings.values())
        for (const { pmd, ptes } of tables.values()) {
          if (pmd?.kind === 'page') {
            const folio = core.folioOf(pmd.page);
            for (let i = 0; i < PMD_PAGES; i++) pages.add(core.page(folio, i));
          }
          for (const entry of ptes ?? []) if (entry?.kind === 'page') pages.add(entry.page);
        }
    return pages.size;
  }

  mthp(stat: MthpStat, order: number): number {
    return this.#core.k.stats.mthp(stat, order);
  }

  nrAnon(order: number): number {
    return this.#core.k.stats.nrAnon(order);
  }
}
