import * as assert from 'uvu/assert';
import { Machine } from '../../../../orchestrator/model/index.js';
import type {
  MachineOperation,
  MappedPage,
  Operation,
  Place,
  UserEffects,
  UserOperation,
  Variant,
} from '../../../../orchestrator/model/index.js';
import { checkArrived, checkEffects, checkEnd, checkKept } from './user-checks.js';
import { checkConserved, deviceFolios } from './user-conserved.js';
import { MAIN } from './user-book.js';
import type { UserBook } from './user-book.js';

/** Where the pages of each mapping are, by process and name. */
export type Maps = ReadonlyMap<string, readonly MappedPage[]>;

/** Bits of a live page that may show what the page was before. */
export type Leaks = (machine: Machine, page: number) => readonly number[];

const HUGE = 512;

/**
 * The system under test: a machine, and a second one with another past. Both do the same; only the first gets the
 * lives of `past`. What follows must not depend on them, but for the stated leaks.
 */
export class UserRig {
  readonly machine: Machine;
  readonly pages: number;
  readonly #pristine: Machine;
  readonly #leaks: Leaks;

  constructor(variant: Variant, place: Place, leaks: Leaks) {
    this.machine = new Machine(variant, place);
    this.#pristine = new Machine(variant, place);
    this.pages = place.pages;
    this.#leaks = leaks;
  }

  vacant(pfn: number, order: number): boolean {
    if (pfn + 2 ** order > this.pages) return false;
    for (let page = pfn; page < pfn + 2 ** order; page += 1) if (this.machine.roles.live(page)) return false;
    return true;
  }

  /** Pages of living folios at or after the given pages, each folio once and whole. */
  evictable(near: readonly number[]): number[] {
    const found = new Set<number>();
    for (const from of near)
      for (let page = from; page < this.pages; page += 1) {
        if (!this.machine.roles.live(page)) continue;
        const { pfn, order } = this.machine.roles.folio(page);
        for (let i = pfn; i < pfn + 2 ** order; i += 1) found.add(i);
        break;
      }
    return [...found].toSorted((a, b) => a - b);
  }

  /**
   * A huge page that processes share would be split by the migration of one: 7.3 dies of that (docs/model.md, "A crash of
   * 7.3 that the model found"), and nothing could follow.
   */
  splitsShared(name: string, process: string, to: readonly { page: number; order: number }[]): boolean {
    if (to.every(({ order }) => order > 0)) return false;
    const mine = this.machine.user.pages(name, process)[to[0]?.page ?? 0];
    if (mine?.level !== 'pmd' || mine.kind === 'none') return false;
    return this.machine.user.processes.some(
      (other) =>
        other !== process &&
        this.machine.user.mappings(other).includes(name) &&
        this.machine.user.pages(name, other).some(({ level, kind }) => level === 'pmd' && kind !== 'none'),
    );
  }

  /** A driver's folio that comes and goes on the first machine only. */
  past(op: Operation & { op: 'init' }): void {
    for (const one of [op, { op: 'free', pfn: op.pfn, how: 'folio' } as const])
      checkEnd(one, this.machine.apply(one));
  }

  /** A driver's own folio begins to live on both. */
  make(op: Operation & { op: 'init' }, book: UserBook): void {
    this.#both(op, book);
    book.own.set(op.pfn, op.order);
    this.#compare();
  }

  drop(pfn: number, book: UserBook): void {
    book.own.delete(pfn);
    this.#both({ op: 'free', pfn, how: 'folio' }, book);
    this.#compare();
  }

  /** Does an operation, enters it in the book, and asserts everything that must hold. */
  perform(op: UserOperation, book: UserBook): void {
    const bytes = this.machine.bytes.slice();
    const before = this.#maps(book);
    const refs = this.machine.refs;
    const concerned = this.#concerned(op, before);
    const effects = this.#both(op, book);
    checkEffects(op, effects, refs, book);
    book.enter(op);
    if (op.op === 'migrate' && effects.migrate?.migrated === 0 && this.#mappedInPart(op, before))
      book.givenBack += 1;
    const after = this.#maps(book);
    for (const page of this.#concerned(op, after)) concerned.add(page);
    checkKept(op, before, after);
    checkArrived(op, effects, after);
    const changed = changedPages(bytes, this.machine.bytes);
    assert.equal(
      changed.filter((page) => !concerned.has(page)),
      [],
      `pages that ${op.op} is not about`,
    );
    checkConserved(this.machine, after, book);
    this.#compare();
    assert.equal(after, this.#maps(book, this.#pristine), 'places do not depend on what lived there before');
  }

  /** The huge page in RAM that a migration is about is mapped page by page by another process. */
  #mappedInPart({ name, process = MAIN, to }: UserOperation & { op: 'migrate' }, maps: Maps): boolean {
    const first = to[0]?.page ?? 0;
    const pages = maps.get(`${process} ${name}`)?.slice(first, first + HUGE) ?? [];
    const inRam = (level: MappedPage['level']) => (page: MappedPage) =>
      page.kind === 'ram' && page.level === level;
    return (
      pages.some(inRam('pmd')) &&
      [...maps].some(
        ([key, others]) =>
          key.endsWith(` ${name}`) &&
          key !== `${process} ${name}` &&
          others.slice(first, first + HUGE).some(inRam('pte')),
      )
    );
  }

  #both(op: MachineOperation, book: UserBook): UserEffects {
    const effects = this.machine.apply(op);
    checkEnd(op, effects);
    const { warnings, ...rest } = effects;
    const { warnings: others, ...same } = this.#pristine.apply(op);
    assert.equal(rest, same, `${op.op} does not depend on what lived there before`);
    assert.ok(warnings.length >= others.length && book.processes.length > 0);
    return effects;
  }

  #maps(book: UserBook, machine = this.machine): Maps {
    return new Map(
      book.all.map(({ process, name }) => [`${process} ${name}`, machine.user.pages(name, process)]),
    );
  }

  /** Device pages that an operation may write to: folios of the mapping it names, its destinations, what it evicts. */
  #concerned(op: UserOperation, maps: Maps): Set<number> {
    const pages = new Set<number>();
    const add = (pfn: number, count: number): void => {
      for (let page = pfn; page < pfn + count; page += 1) pages.add(page);
    };
    const name = 'name' in op ? op.name : undefined;
    const mapped = [...maps].filter(
      ([key]) => (name === undefined && op.op !== 'evict' && op.op !== 'knobs') || key.split(' ')[1] === name,
    );
    for (const { pfn, order } of deviceFolios(this.machine, new Map(mapped)).values()) add(pfn, 2 ** order);
    if (op.op === 'migrate') for (const { pfn, order } of op.to) add(pfn, 2 ** order);
    if (op.op === 'evict' && 'pfns' in op) for (const pfn of op.pfns) pages.add(pfn);
    return pages;
  }

  /** Live pages are the same whatever was there before, but for the stated leaks. */
  #compare(): void {
    const [mine, other] = [this.machine.bytes, this.#pristine.bytes];
    for (const page of changedPages(mine, other)) {
      assert.is(this.machine.roles.live(page), this.#pristine.roles.live(page));
      if (!this.machine.roles.live(page)) continue;
      const keep = this.#leaks(this.machine, page);
      for (let byte = 0; byte < 64; byte += 1) {
        const differ = (mine[page * 64 + byte] as number) ^ (other[page * 64 + byte] as number);
        if ((differ & ~(keep[byte] ?? 0)) !== 0)
          assert.unreachable(
            `live page ${page} (${this.machine.roles.role(page)}) shows its past in byte ${byte}: bits 0x${differ.toString(16)}`,
          );
      }
    }
  }
}

function changedPages(a: Uint8Array, b: Uint8Array): number[] {
  const found: number[] = [];
  const block = HUGE / 8;
  for (let start = 0; start * 64 < a.length; start += block) {
    const slice = (of: Uint8Array): Uint8Array => of.subarray(start * 64, (start + block) * 64);
    if (Buffer.compare(slice(a), slice(b)) === 0) continue;
    for (let page = start; page < start + block && page * 64 < a.length; page += 1)
      if (Buffer.compare(a.subarray(page * 64, page * 64 + 64), b.subarray(page * 64, page * 64 + 64)) !== 0)
        found.push(page);
  }
  return found;
}
