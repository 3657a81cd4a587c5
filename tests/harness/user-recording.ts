import type { Operation, UserOperation } from '../../orchestrator/model/index.js';

/** What a real kernel did in a sequence of steps on user memory, as `npm run record:user` writes it: tests/fixtures/model/user. */

export type RecordedOp = Operation | UserOperation;

export interface RecordedStep {
  readonly op: OpWords;
  /** Words of struct pages that changed (PageReader). */
  readonly words?: Readonly<Record<string, string>>;
  /** pgmap references above those of no live folio. */
  readonly refs?: number;
  readonly callbacks?: readonly string[];
  readonly cpages?: number;
  readonly migrated?: number;
  readonly src?: string;
  /** An eviction's array after the scan: `3 pfn 3 collected`. */
  readonly scan?: readonly string[];
  readonly signal?: string;
  /**
   * Per process and mapping: where its pages are, then pages of anonymous memory and huge entries as smaps counts them.
   * Absent: as after the step before.
   */
  readonly maps?: Readonly<Record<string, string>>;
  /** mTHP counter nr_anon of order 9, above that of the start. */
  readonly nrAnon?: number;
  /** A crash: the line of its BUG. `hang`: the step does not come back. */
  readonly end?: string;
}

export interface RecordedSequence {
  readonly sequence: string;
  readonly steps: readonly RecordedStep[];
}

interface To {
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
}

/** `0..511>16`: pages of the mapping to page 16 of the chunk and on; `0>512/9`: to one folio of order 9. */
function toTexts(all: readonly To[]): string[] {
  const runs: (To & { n: number })[] = [];
  for (const one of all) {
    const run = runs.at(-1);
    if (run?.order === 0 && one.order === 0 && one.page === run.page + run.n && one.pfn === run.pfn + run.n)
      run.n += 1;
    else runs.push({ ...one, n: 1 });
  }
  return runs.map(
    ({ page, pfn, order, n }) =>
      `${page}${n === 1 ? '' : `..${page + n - 1}`}>${pfn}${order === 0 ? '' : `/${order}`}`,
  );
}

function toOf(text: string): To[] {
  const [, page, last = page, pfn, order = 0] = /^(\d+)(?:\.\.(\d+))?>(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  return Array.from({ length: Number(last) - Number(page) + 1 }, (_, i) => ({
    page: Number(page) + i,
    pfn: Number(pfn) + i,
    order: Number(order),
  }));
}

/** An operation as it stands in a recording: destinations of a migration as texts, numbers above 2^53 as `0x…`. */
export type OpWords = Readonly<Record<string, unknown>>;

export function opWords(op: RecordedOp): OpWords {
  return Object.fromEntries(
    Object.entries(op).map(([key, value]: [string, unknown]) => {
      if (key === 'to') return [key, toTexts(value as readonly To[])];
      return [key, typeof value === 'bigint' ? `0x${value.toString(16)}` : value];
    }),
  );
}

export function opOf(words: OpWords): RecordedOp {
  return Object.fromEntries(
    Object.entries(words).map(([key, value]) => {
      if (key === 'to') return [key, (value as readonly string[]).flatMap(toOf)];
      return [key, typeof value === 'string' && /^0x[\da-f]+$/.test(value) ? BigInt(value) : value];
    }),
  ) as unknown as RecordedOp;
}

interface Callback {
  readonly fn: string;
  readonly pfn: number;
  readonly order: number;
  readonly tail?: number | undefined;
}

/** In order; calls that go up page by page are one line: `folio_free 0@1..511`, `folio_split 0@0 tail 1..511`. */
export function callbackTexts(all: readonly Callback[]): string[] {
  const runs: { head: string; first: number; last: number }[] = [];
  for (const { fn, pfn, order, tail } of all) {
    const head = tail === undefined ? `${fn} ${order}@` : `${fn} ${order}@${pfn} tail `;
    const n = tail ?? pfn;
    const run = runs.at(-1);
    if (run?.head === head && run.last === n - 1) run.last = n;
    else runs.push({ head, first: n, last: n });
  }
  return runs.map(({ head, first, last }) => `${head}${first}${last === first ? '' : `..${last}`}`);
}

/** `0-3 ram, 4-7 device 0 write`; `none` is left out. */
export function placeText(
  pages: readonly {
    readonly kind: string;
    readonly pfn?: number | undefined;
    readonly write?: boolean | undefined;
  }[],
): string {
  const runs: { first: number; last: number; kind: string; pfn: number }[] = [];
  for (const [page, { kind, pfn, write }] of pages.entries()) {
    const text = kind === 'device' ? `device ${write ? 'write' : 'read'}` : kind;
    const run = runs.at(-1);
    const at = pfn === undefined ? 0 : pfn - page;
    if (run?.last === page - 1 && run.kind === text && run.pfn === at) run.last = page;
    else runs.push({ first: page, last: page, kind: text, pfn: at });
  }
  return runs
    .filter(({ kind }) => kind !== 'none')
    .map(({ first, last, kind, pfn }) => {
      const at = kind.startsWith('device') ? ` ${first + pfn}` : '';
      return `${first}${last === first ? '' : `-${last}`} ${kind}${at}`;
    })
    .join(', ');
}

/** Equal numbers in a row once: `53 21*4`. */
export function numbersText(all: readonly number[]): string {
  const runs: { value: number; n: number }[] = [];
  for (const value of all) {
    const run = runs.at(-1);
    if (run?.value === value) run.n += 1;
    else runs.push({ value, n: 1 });
  }
  return runs.map(({ value, n }) => (n === 1 ? `${value}` : `${value}*${n}`)).join(' ');
}
