import { PAGE_WORDS } from './layout.js';
import type { Layout } from './layout.js';
import { hex, symbol } from './addresses.js';
import { balance } from './balance.js';
import type { Counters } from './balance.js';
import { diffPage, samePage, wordsOf } from './compare.js';
import type { FieldDiff } from './compare.js';
import type { Deviation, DeviationKind, DeviationWriter } from './deviation.js';
import { explain } from './explain.js';
import { fieldName } from './fields.js';
import { high32, low32 } from './kernel.js';
import type { Place } from './kernel.js';
import type { Origin } from './machine.js';
import { ignoredBits } from './normalise.js';
import type { Operation } from './operation.js';
import type { Pristine } from './pristine.js';
import { roleIn } from './roles.js';
import type { Role, RoleMap } from './roles.js';

/**
 * Who wrote a byte last (or a bit of it, in the flags word), if somebody is known who wrote just what was found.
 * @param diff the field that deviates, with what was found in it
 */
export type OriginOf = (page: number, diff: FieldDiff, byte: number, bit?: number) => Origin | undefined;

export interface ContractContext extends Counters {
  readonly place: Place;
  readonly step: number;
  /** Roles before the step. */
  readonly roles: RoleMap;
  readonly pristine: Pristine;
  readonly originOf?: OriginOf;
}

const KINDS: Readonly<Record<string, DeviationKind>> = {
  pgmap: 'wrong-head',
  compound_info: 'wrong-head',
  PG_head: 'wrong-head',
  order: 'wrong-head',
  _refcount: 'refcount',
};

type PageDeviation = Deviation & { readonly page: number; readonly pages: number };

/** Collects deviations and joins those of consecutive pages that are alike in everything but the page. */
class Findings {
  readonly list: PageDeviation[] = [];
  readonly #open = new Map<string, number>();
  /** By field. */
  readonly #last = new Map<string, { readonly cause: Cause; readonly index: number }>();

  /** Whether the last deviation of this cause was of the page before, which this page then joins. */
  join(page: number, cause: Cause): boolean {
    const last = this.#last.get(cause.diff.field);
    if (last === undefined || !sameCause(last.cause, cause)) return false;
    const open = this.list[last.index];
    if (open === undefined || open.page + open.pages !== page) return false;
    this.list[last.index] = { ...open, pages: open.pages + 1 };
    return true;
  }

  add(page: number, cause: Cause, deviation: Omit<Deviation, 'page' | 'pages'>): void {
    this.#last.set(cause.diff.field, { cause, index: this.#put(page, deviation) });
  }

  /** @returns its place in the list */
  #put(page: number, deviation: Omit<Deviation, 'page' | 'pages'>): number {
    // Kind and byte go by the field.
    const { field, writtenAs, transition, expected, found, mask } = deviation;
    const key = JSON.stringify([field, writtenAs, transition, expected, found, mask]);
    const index = this.#open.get(key);
    const open = index === undefined ? undefined : this.list[index];
    if (open && index !== undefined && open.page + open.pages === page) {
      this.list[index] = { ...open, pages: open.pages + 1 };
      return index;
    }
    this.#open.set(key, this.list.length);
    return this.list.push({ ...deviation, page, pages: 1 }) - 1;
  }
}

/** All that a deviation is made of but the page. Those of 512 pages are alike as a rule, and telling their story is dear. */
interface Cause {
  readonly diff: FieldDiff;
  readonly role: Role;
  readonly oldRole: Role;
  readonly neighbour: boolean;
  readonly origin: Origin | undefined;
}

function sameCause(one: Cause, other: Cause): boolean {
  const { diff } = other;
  return (
    one.diff.bit === diff.bit &&
    one.diff.byte === diff.byte &&
    one.diff.want === diff.want &&
    one.diff.have === diff.have &&
    one.role === other.role &&
    one.oldRole === other.oldRole &&
    one.neighbour === other.neighbour &&
    sameOrigin(one.origin, other.origin)
  );
}

function sameOrigin(one: Origin | undefined, other: Origin | undefined): boolean {
  return (
    one === other ||
    (one?.step === other?.step &&
      one?.fn === other?.fn &&
      one?.field === other?.field &&
      one?.role === other?.role &&
      one?.folio?.pfn === other?.folio?.pfn &&
      one?.folio?.order === other?.folio?.order)
  );
}

function writerOf({ step, fn, folio, role }: Origin): DeviationWriter {
  return { step, fn, ...(folio && { pfn: folio.pfn, order: folio.order }), role };
}

/** Number of the lowest byte that is not 0. */
function lowestByte(value: bigint): number {
  let byte = 0;
  for (let rest = value; (rest & 0xffn) === 0n; rest >>= 8n) byte++;
  return byte;
}

/** The quick test for pages that nobody touched, which are nearly all. */
function sameWords(one: Uint32Array, other: Uint32Array, from: number, to: number): boolean {
  return bytesOf(one.subarray(from, to)).equals(bytesOf(other.subarray(from, to)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

class Checker {
  readonly findings = new Findings();
  readonly #after: Uint32Array;
  readonly #ctx: ContractContext;

  constructor(after: Uint32Array, ctx: ContractContext) {
    this.#after = after;
    this.#ctx = ctx;
  }

  /** Demands that a page holds `want` (words, from `wantAt`), but for `ignore`. */
  page(
    page: number,
    role: Role,
    want: Uint32Array,
    wantAt: number,
    ignore: Uint32Array,
    neighbour: boolean,
  ): void {
    const at = page * PAGE_WORDS;
    if (samePage(ignore, want, wantAt, this.#after, at)) return;
    const { layout } = this.#ctx.place;
    for (const diff of diffPage(layout, role, ignore, want, wantAt, this.#after, at))
      this.#report(page, role, diff, neighbour);
  }

  /** Pages [from, to) must hold what they held before the step. */
  untouched(before: Uint32Array, from: number, to: number): void {
    const { roles, place } = this.#ctx;
    if (sameWords(before, this.#after, from * PAGE_WORDS, to * PAGE_WORDS)) return;
    const ignored = ignoredBits(place.layout, 'prediction');
    for (let p = from; p < to; p++) {
      const role = roles.role(p);
      this.page(p, role, before, p * PAGE_WORDS, ignored[role], true);
    }
  }

  #report(page: number, role: Role, diff: FieldDiff, neighbour: boolean): void {
    const { step, roles, place, originOf } = this.#ctx;
    const { layout } = place;
    const oldRole = roles.role(page);
    const differing = diff.bit === undefined ? diff.want ^ diff.have : 1n << BigInt(diff.bit);
    const byte = diff.byte + lowestByte(differing);
    const bit = diff.bit === undefined ? undefined : diff.bit & 7;
    const origin = originOf?.(page, diff, byte, bit);
    const cause: Cause = { diff, role, oldRole, neighbour, origin };
    if (this.findings.join(page, cause)) return;
    const past = origin && origin.step !== step ? origin.role : oldRole;
    const writtenAs =
      origin && origin.field !== '' && origin.field !== 'flags'
        ? origin.field
        : fieldName(layout, past, byte, bit);
    const wanted = diff.width === 8 ? symbol(place, diff.want) : undefined;
    const found = diff.width === 8 ? symbol(place, diff.have) : undefined;
    const drivers = diff.field === 'zone_device_data' && (past === 'head' || past === 'order0');
    this.findings.add(page, cause, {
      kind: KINDS[diff.field] ?? 'stale-field',
      step,
      byte: diff.byte,
      width: diff.width,
      field: diff.field,
      writtenAs,
      ...(origin && { writer: writerOf(origin) }),
      transition: neighbour ? `neighbour ${role}` : `${past}→${role}`,
      expected: wanted ?? hex(diff.want),
      found: found ?? hex(diff.have),
      ...(wanted === undefined && found === undefined && !drivers && { mask: hex(differing) }),
      story: explain({
        step,
        page,
        byte: diff.byte,
        field: diff.field,
        found: diff.have,
        ...(found !== undefined && { value: found }),
        writtenAs,
        ...(origin && { origin }),
        oldRole,
        role,
        neighbour,
        config: layout.config,
      }),
    });
  }
}

/**
 * Judges one step by what a driver may rely on, whatever happened to the pages before (DESIGN §5, contract).
 * @param before the guest's struct pages before the step, the whole chunk
 * @param after the same after it
 * @returns deviations in page order, counters last; empty for a poke or reset, which are the harness's own
 */
export function checkContract(
  op: Operation,
  before: Uint8Array,
  after: Uint8Array,
  ctx: ContractContext,
): readonly Deviation[] {
  if (op.op === 'poke' || op.op === 'reset') return [];
  const { layout, pages } = ctx.place;
  const was = wordsOf(before);
  const is = wordsOf(after);
  const check = new Checker(is, ctx);
  const { pfn } = op;
  const order = op.op === 'init' ? op.order : ctx.roles.order(pfn);
  const end = op.op === 'unlock' ? pfn + 1 : pfn + (1 << order);

  /** A page's own words, to be changed. */
  const pageOf = (words: Uint32Array, page: number): Uint32Array =>
    words.slice(page * PAGE_WORDS, page * PAGE_WORDS + PAGE_WORDS);
  const ignored = ignoredBits(layout, 'contract');

  check.untouched(was, 0, pfn);
  if (op.op === 'init') {
    const want = ctx.pristine.folio(op);
    for (let p = pfn; p < end; p++) {
      const role = roleIn(order, p - pfn);
      check.page(p, role, want, (p - pfn) * PAGE_WORDS, ignored[role], false);
    }
  } else if (op.op === 'unlock') {
    const want = pageOf(was, pfn);
    // PG_locked is in the byte that a first tail has its order in (parseLayout()).
    const word = layout.at.flags >> 2;
    want[word] = (want[word] as number) & ~(1 << (layout.flags['PG_locked'] as number));
    const role = ctx.roles.role(pfn);
    check.page(pfn, role, want, 0, ignoredBits(layout, 'prediction')[role], false);
  } else {
    for (let p = pfn; p < end; p++) {
      const want = pageOf(is, p);
      want[layout.at.refcount >> 2] = 0;
      keepFlags(want, was, p, layout);
      if (p === pfn) clearFreed(want, ctx.place);
      check.page(p, ctx.roles.role(p), want, 0, ignored[ctx.roles.role(p)], false);
    }
  }
  check.untouched(was, end, pages);
  return [...check.findings.list, ...balance(op, order, ctx)];
}

/**
 * A free may clear flags and sets none, and what memmap init gave the page (PG_reserved, zone, node) is not its to
 * clear: else the next init would be blamed for it, or excused by a known issue about flags it does not clear.
 */
function keepFlags(want: Uint32Array, was: Uint32Array, page: number, layout: Layout): void {
  const reserved = 1n << BigInt(layout.flags['PG_reserved'] as number);
  const kept = (-1n << BigInt(layout.zonesShift)) | reserved;
  const first = layout.at.flags >> 2;
  for (const [word, keep] of [low32(kept), high32(kept)].entries()) {
    const old = was[page * PAGE_WORDS + first + word] as number;
    want[first + word] = ((want[first + word] as number) & old) | (old & keep);
  }
}

/** What a free must leave in the head: no mapping, no charge. The rest of the folio's own pages is the kernel's affair. */
function clearFreed(words: Uint32Array, { layout }: Place): void {
  const { mapping, memcgData = mapping } = layout.at;
  for (const at of [mapping, memcgData]) words.fill(0, at / 4, at / 4 + 2);
}
