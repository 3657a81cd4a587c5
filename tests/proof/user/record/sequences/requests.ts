import type { Request } from '../../../../../orchestrator/scenario/protocol.js';

/** Requests of the sequences, in short. */

export const HUGE = 512;

export const mmap = (pages: number, thp = false, name = 'm'): Request => ({ op: 'mmap', name, pages, thp });
export const small = (pages = 8): Request => mmap(pages);
export const huge = (name = 'm'): Request => mmap(HUGE, true, name);

type In = { readonly in?: string; readonly name?: string };
const at = (page: number, n: number, more: In) => ({ name: 'm', page, n, ...more });
export const fill = (page: number, n: number, more: In = {}): Request => ({
  op: 'fill',
  seed: 7,
  ...at(page, n, more),
});
export const read = (page: number, n = 1, more: In = {}): Request => ({
  op: 'touch',
  ...at(page, n, more),
  write: false,
});
export const write = (page: number, n = 1, more: In = {}): Request => ({
  op: 'touch',
  ...at(page, n, more),
  write: true,
});
export const munmap = (page: number, n: number, more: In = {}): Request => ({
  op: 'munmap',
  ...at(page, n, more),
});
export const gone = (name = 'm', more: In = {}): Request => ({ op: 'munmap', name, ...more });
export const dontneed = (page: number, n: number, more: In = {}): Request => ({
  op: 'madvise',
  advice: 'dontneed',
  ...at(page, n, more),
});
export const protect = (page: number, n: number, prot: 'none' | 'r' | 'rw', more: In = {}): Request => ({
  op: 'mprotect',
  prot,
  ...at(page, n, more),
});
export const fork = (child: string): Request => ({ op: 'fork', child });
export const exit = (child: string): Request => ({ op: 'exit', child });
export const evict = (pfn: number, n: number): Request => ({ op: 'evict', pfn, n });
export const evictList = (...pfns: readonly number[]): Request => ({ op: 'evict', pfns });
export const knobs = (more: Readonly<Record<string, unknown>>): Request => ({ op: 'knobs', ...more });
export const init = (order: number, pfn: number, unlock = 'page'): Request => ({
  op: 'init',
  pfn,
  order,
  unlock,
  rmappable: true,
});
export const free = (pfn: number): Request => ({ op: 'free', pfn, how: 'page' });
export const poke = (pfn: number, byte: number, size: number, value: number): Request => ({
  op: 'poke',
  pfn,
  byte,
  size,
  value,
});

type To = readonly [page: number, pfn: number, order?: number];
export const migrate = (
  to: readonly To[],
  more: In & { abort?: boolean; compound?: boolean } = {},
): Request => ({
  op: 'migrate',
  name: 'm',
  to: to.map(([page, pfn, order = 0]) => ({ page, pfn, order })),
  ...more,
});
export const each = (count: number, pfn: number, page = 0): To[] =>
  Array.from({ length: count }, (_, i) => [page + i, pfn + i] as const);

export const deviceHuge = [huge(), fill(0, HUGE), migrate([[0, 0, 9]])];
export const partly = (from: number, n: number) => [...deviceHuge, munmap(from, n)];

/** Sequences by their names. */
export type Sequences = Readonly<Record<string, readonly Request[]>>;
