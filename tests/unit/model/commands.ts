import * as fc from 'fast-check';
import type { Operation, Place } from '../../../orchestrator/model/index.js';
import type { Book } from './book.js';
import type { Rig } from './rig.js';

export type ModelCommand = fc.Command<Book, Rig>;

/**
 * One operation that a driver may want. It names pages, not folios, and holds no state, so that a sequence means
 * the same whatever part of it a shrink leaves: what is not legal when its turn comes does not happen.
 */
abstract class Wish implements fc.Command<Book, Rig> {
  /** The operation that is meant, as things stand in the book. */
  protected abstract operation(book: Readonly<Book>): Operation | undefined;
  abstract toString(): string;

  check(book: Readonly<Book>): boolean {
    const op = this.operation(book);
    return op !== undefined && book.legal(op);
  }

  run(book: Book, rig: Rig): void {
    rig.perform(this.operation(book) as Operation, book);
  }
}

type Init = Operation & { op: 'init' };

export class Make extends Wish {
  readonly #op: Init;

  /** @param op its pfn is brought to the folio's natural alignment */
  constructor(op: Init) {
    super();
    this.#op = { ...op, pfn: op.pfn - (op.pfn % 2 ** op.order) };
  }

  protected override operation(): Operation {
    return this.#op;
  }

  override toString(): string {
    const { order, pfn, unlock, rmappable, zdd } = this.#op;
    const more = [unlock === 'page' ? '' : ` unlock=${unlock}`, rmappable ? '' : ' plain'];
    return `init ${order}@${pfn}${more.join('')}${zdd === undefined ? '' : ` zdd=0x${zdd.toString(16)}`}`;
  }
}

/** Frees, or only unlocks, the first folio that it can be done to, from a page on and round to it again. */
export class Drop extends Wish {
  readonly #op: 'free' | 'unlock';
  readonly #page: number;
  readonly #how: 'page' | 'folio';

  constructor(op: 'free' | 'unlock', page: number, how: 'page' | 'folio') {
    super();
    this.#op = op;
    this.#page = page;
    this.#how = how;
  }

  protected override operation(book: Readonly<Book>): Operation | undefined {
    const able = book.live.filter(({ locked }) => locked === (this.#op === 'unlock'));
    const entry = able.find(({ pfn, order }) => pfn + 2 ** order > this.#page) ?? able[0];
    return entry === undefined ? undefined : { op: this.#op, pfn: entry.pfn, how: this.#how };
  }

  override toString(): string {
    return `${this.#op} from page ${this.#page} on${this.#how === 'folio' ? ' as folio' : ''}`;
  }
}

/** Leaves a value in a free page, as other lives of it (migration, memory failure, a driver) could have. */
export class Poke extends Wish {
  readonly #op: Operation & { op: 'poke' };

  constructor(page: number, byte: number, value: number) {
    super();
    this.#op = { op: 'poke', pfn: page, byte, size: 1, value: BigInt(value) };
  }

  protected override operation(): Operation {
    return this.#op;
  }

  override toString(): string {
    const { pfn, byte, value } = this.#op;
    return `poke page ${pfn} byte ${byte} = 0x${value.toString(16)}`;
  }
}

export class Reset extends Wish {
  protected override operation(): Operation {
    return { op: 'reset' };
  }

  override toString(): string {
    return 'reset';
  }
}

export interface CommandOptions {
  readonly maxOrder: number;
  /** Bytes of a free page that may be poked; empty: no pokes. */
  readonly bytes: readonly number[];
  /** Values that a byte is not given. */
  readonly spared?: (byte: number, value: number) => boolean;
}

/** The commands over a chunk, as fc.commands() takes them; earlier ones are what a failing case shrinks to. */
export function modelCommands(place: Place, options: CommandOptions): fc.Arbitrary<ModelCommand>[] {
  const page = fc.nat(place.pages - 1);
  const how = fc.constantFrom('page' as const, 'folio' as const);
  const make = fc
    .record({
      op: fc.constant('init' as const),
      pfn: page,
      // Small folios leave room for others.
      order: fc.oneof(fc.nat(Math.min(1, options.maxOrder)), fc.nat(options.maxOrder)),
      unlock: fc.constantFrom('page' as const, 'folio' as const, 'page' as const, 'none' as const),
      rmappable: fc.boolean(),
      zdd: fc.option(fc.bigInt({ min: 1n, max: 0xffffffffffffffffn }), { nil: undefined, freq: 3 }),
    })
    .map(({ zdd, ...op }) => new Make({ ...op, ...(zdd !== undefined && { zdd }) }));
  const drop = fc.tuple(page, how).map(([at, as]) => new Drop('free', at, as));
  const unlock = fc.tuple(page, how).map(([at, as]) => new Drop('unlock', at, as));
  const reset = fc.constant(new Reset());
  const poke = fc
    .tuple(page, fc.constantFrom(...(options.bytes.length > 0 ? options.bytes : [0])), fc.nat(255))
    .filter(([, byte, value]) => options.spared?.(byte, value) !== true)
    .map(([at, byte, value]) => new Poke(at, byte, value));
  // As often as they stand here: lives must be made and ended many times before a reset takes their traces away.
  const lives = [make, drop, make, drop, make, drop, make, unlock, make];
  return [...lives, ...(options.bytes.length > 0 ? [poke, poke] : []), reset];
}
