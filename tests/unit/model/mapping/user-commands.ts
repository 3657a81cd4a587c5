import * as fc from 'fast-check';
import type { Operation, UserOperation } from '../../../../orchestrator/model/index.js';
import { MAIN } from './user-book.js';
import type { Span, UserBook } from './user-book.js';
import type { UserRig } from './user-rig.js';

export type UserCommand = fc.Command<UserBook, UserRig>;

const HUGE = 512;
const NAMES = ['a', 'b'];
const CHILDREN = ['c', 'd'];

/** A mapping and a range of it, by numbers that name something whatever there is. */
interface Where {
  readonly mapping: number;
  readonly page: number;
  readonly count: number;
}

/** What a command does when its turn comes; undefined where it makes no sense then. */
type Meant = (book: Readonly<UserBook>, rig: UserRig) => UserOperation | undefined;

/**
 * An operation on user memory that is meant, not fixed: what it names is looked up when its turn comes, so that a sequence
 * means something whatever part of it a shrink leaves.
 */
class Wish implements UserCommand {
  readonly #words: string;
  readonly #meant: Meant;

  constructor(words: string, meant: Meant) {
    this.#words = words;
    this.#meant = meant;
  }

  check(): boolean {
    return true;
  }

  run(book: UserBook, rig: UserRig): void {
    const op = this.#meant(book, rig);
    if (op) rig.perform(op, book);
  }

  toString(): string {
    return this.#words;
  }
}

/** A driver's folio that lives and dies, or begins to live, or dies, beside the memory of processes. */
class Life implements UserCommand {
  readonly #pfn: number;
  readonly #order: number;
  readonly #what: 'past' | 'make' | 'drop';

  constructor(what: 'past' | 'make' | 'drop', pfn: number, order: number) {
    this.#what = what;
    this.#order = order;
    this.#pfn = pfn - (pfn % 2 ** order);
  }

  check(book: Readonly<UserBook>): boolean {
    return this.#what !== 'drop' || book.own.size > 0;
  }

  run(book: UserBook, rig: UserRig): void {
    const [pfn, order] = [this.#pfn, this.#order];
    if (this.#what === 'drop') {
      const first = [...book.own.keys()].find((one) => one >= pfn) ?? [...book.own.keys()][0];
      return rig.drop(first as number, book);
    }
    if (!rig.vacant(pfn, order)) return undefined;
    const op: Operation = { op: 'init', pfn, order, unlock: 'page', rmappable: true };
    return this.#what === 'past' ? rig.past({ ...op, zdd: 0xd1n }) : rig.make(op, book);
  }

  toString(): string {
    return this.#what === 'drop' ? `drop from ${this.#pfn} on` : `${this.#what} ${this.#order}@${this.#pfn}`;
  }
}

/** The range of a mapping that a command is about, cut to what it has. */
function spanOf(book: Readonly<UserBook>, { mapping, page, count }: Where): Span | undefined {
  const all = book.all;
  const found = all[mapping % Math.max(1, all.length)];
  if (!found) return undefined;
  const { process, name, known } = found;
  const from = page % known.pages.length;
  const span = { process, name, page: from, count: Math.min(count, known.pages.length - from) };
  return book.has(span) ? span : undefined;
}

const inProcess = (process: string): { process?: string } => (process === MAIN ? {} : { process });

/** Destinations: one huge one, all pages of a huge page by themselves, or some pages. */
function destinations(
  rig: UserRig,
  pages: number,
  how: 'huge' | 'each' | 'some',
  numbers: readonly number[],
): { page: number; pfn: number; order: number }[] {
  const [first = 0] = numbers;
  const half = first % 2 === 0 ? 0 : HUGE;
  if (how !== 'some' && pages === HUGE) {
    if (!rig.vacant(half, 9)) return [];
    if (how === 'huge') return [{ page: 0, pfn: half, order: 9 }];
    return Array.from({ length: HUGE }, (_, page) => ({ page, pfn: half + page, order: 0 }));
  }
  const to = new Map<number, { page: number; pfn: number; order: number }>();
  const taken = new Set<number>();
  for (const [i, number] of numbers.entries()) {
    const page = i === 0 ? 0 : number % pages;
    const pfn = number % rig.pages;
    if (to.has(page) || taken.has(pfn) || !rig.vacant(pfn, 0)) continue;
    taken.add(pfn);
    to.set(page, { page, pfn, order: 0 });
  }
  return [...to.values()];
}

/** A command about a range of a mapping. */
function onSpan(
  words: string,
  where: Where,
  op: (span: Span, rig: UserRig) => UserOperation | undefined,
): Wish {
  const { mapping, page, count } = where;
  return new Wish(`${words} pages ${page}+${count} of mapping ${mapping}`, (book, rig) => {
    const span = spanOf(book, where);
    return span && op(span, rig);
  });
}

/** The commands, as fc.commands() takes them; earlier ones are what a failing case shrinks to. */
export function userCommands(chunk: number): fc.Arbitrary<UserCommand>[] {
  const where = fc.record({
    mapping: fc.nat(5),
    page: fc.constantFrom(0, 1, 2, 255, 256, 511),
    count: fc.constantFrom(1, 2, 3, 256, 512),
  });
  const whole = fc.nat(5).map((mapping): Where => ({ mapping, page: 0, count: HUGE }));
  const map = fc.tuple(fc.boolean(), fc.boolean()).map(
    ([huge, thp]) =>
      new Wish(`map ${huge ? HUGE : 4} pages${thp ? ' huge' : ''}`, (book) => {
        const name = NAMES.find((one) => book.all.every((other) => other.name !== one));
        return name === undefined ? undefined : { op: 'mmap', name, pages: huge ? HUGE : 4, thp };
      }),
  );
  const access = (at: fc.Arbitrary<Where>): fc.Arbitrary<UserCommand> =>
    fc.tuple(at, fc.boolean()).map(([span, write]) =>
      onSpan(write ? 'write' : 'read', span, ({ process, ...range }) => ({
        op: 'access',
        ...range,
        write,
        ...inProcess(process),
      })),
    );
  const migrate = fc
    .record({
      mapping: fc.nat(5),
      how: fc.constantFrom('huge' as const, 'each' as const, 'some' as const),
      numbers: fc.array(fc.nat(chunk * 8), { minLength: 1, maxLength: 4 }),
      abort: fc.boolean(),
      compound: fc.boolean(),
    })
    .map(
      ({ mapping, how, numbers, abort, compound }) =>
        new Wish(
          `migrate mapping ${mapping} ${how} ${numbers.join(',')}${abort ? ' abort' : ''}${compound ? '' : ' small'}`,
          (book, rig) => {
            const all = book.all;
            const found = all[mapping % Math.max(1, all.length)];
            if (!found) return undefined;
            const { process, name, known } = found;
            const to = destinations(rig, known.pages.length, how, numbers);
            if (to.length === 0 || rig.splitsShared(name, process, to)) return undefined;
            return { op: 'migrate', name, to, abort, compound, ...inProcess(process) };
          },
        ),
    );
  const unmap = where.map((span) =>
    onSpan('unmap', span, ({ process, ...range }) => ({ op: 'munmap', ...range, ...inProcess(process) })),
  );
  const forget = where.map((span) =>
    onSpan('forget', span, ({ process, ...range }) => ({ op: 'dontneed', ...range, ...inProcess(process) })),
  );
  const protect = fc.tuple(where, fc.constantFrom('read' as const, 'write' as const)).map(([span, right]) =>
    onSpan(`protect ${right}`, span, ({ process, ...range }) => ({
      op: 'mprotect',
      ...range,
      access: right,
      ...inProcess(process),
    })),
  );
  const fork = fc.constant(
    new Wish('fork', (book) => {
      const child = CHILDREN.find((one) => !book.processes.includes(one));
      return child === undefined ? undefined : { op: 'fork', child };
    }),
  );
  const exit = fc.nat(1).map(
    (which) =>
      new Wish(`exit ${which}`, (book) => {
        const children = book.processes.slice(1);
        const process = children[which % Math.max(1, children.length)];
        return process === undefined ? undefined : { op: 'exit', process };
      }),
  );
  const evict = fc.array(fc.nat(chunk - 1), { minLength: 1, maxLength: 3 }).map(
    (numbers) =>
      new Wish(`evict near ${numbers.join(',')}`, (_book, rig) => {
        const pfns = rig.evictable(numbers);
        return pfns.length === 0 ? undefined : { op: 'evict', pfns };
      }),
  );
  const knobs = fc
    .tuple(fc.nat(2), fc.constantFrom('pgmap' as const, 'absent' as const))
    .map(
      ([failLarge, split]) =>
        new Wish(`fail ${failLarge} large ones, split ${split}`, () => ({ op: 'knobs', failLarge, split })),
    );
  const life = (what: 'past' | 'make' | 'drop'): fc.Arbitrary<UserCommand> =>
    fc.tuple(fc.nat(chunk - 1), fc.nat(9)).map(([pfn, order]) => new Life(what, pfn, order));
  const write = whole.map((span) =>
    onSpan('write', span, ({ process, ...range }) => ({
      op: 'access',
      ...range,
      write: true,
      ...inProcess(process),
    })),
  );
  return [
    map,
    write,
    migrate,
    life('past'),
    access(where),
    migrate,
    unmap,
    life('past'),
    fork,
    evict,
    protect,
    forget,
    migrate,
    access(where),
    exit,
    knobs,
    life('make'),
    life('drop'),
  ];
}
