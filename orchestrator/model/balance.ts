import type { Deviation } from './deviation.js';
import type { Callback, Operation } from './operation.js';

/** What the guest counts, around one step. */
export interface Counters {
  readonly step: number;
  /** pgmap references held before and after, on any one scale. */
  readonly refsBefore: number;
  readonly refsAfter: number;
  /** Driver callbacks during the step. */
  readonly callbacks: readonly Callback[];
}

const text = (callbacks: readonly Callback[]): string =>
  callbacks.length === 0
    ? 'none'
    : callbacks.map((c) => `${c.fn}(page ${c.pfn}, order ${c.order})`).join(', ');

/**
 * References and callbacks of one step: an init takes 2^order references, a free gives them back and calls
 * folio_free once for the folio, an unlock does neither.
 * @param order of the folio that is made or freed
 */
export function balance(op: Operation & { pfn: number }, order: number, counters: Counters): Deviation[] {
  const { step, refsBefore, refsAfter, callbacks } = counters;
  const out: Deviation[] = [];
  const nr = 1 << order;
  const due = op.op === 'init' ? nr : op.op === 'free' ? -nr : 0;
  const moved = refsAfter - refsBefore;
  if (moved !== due) {
    const kept = moved > due;
    out.push({
      kind: kept ? 'leak' : 'counter',
      step,
      field: 'pgmap.ref',
      transition: `${op.op} ${moved - due > 0 ? '+' : ''}${moved - due}`,
      expected: String(due),
      found: String(moved),
      story:
        `step ${step} (${op.op} of page ${op.pfn}, order ${order}) moved the pgmap references by ${moved}, not ${due}: ` +
        (kept
          ? 'memunmap_pages() waits for ever (mm/memremap.c:122)'
          : '"percpu ref (dev_pagemap_percpu_release) <= 0" when the pgmap goes (lib/percpu-refcount.c)'),
    });
  }
  const wanted: Callback[] = op.op === 'free' ? [{ fn: 'folio_free', pfn: op.pfn, order }] : [];
  if (text(wanted) !== text(callbacks))
    out.push({
      kind: callbacks.length < wanted.length ? 'leak' : 'counter',
      step,
      field: 'folio_free',
      transition: `${op.op} order ${order}: ${callbacks.map((c) => `order ${c.order}`).join(', ') || 'no call'}`,
      expected: text(wanted),
      found: text(callbacks),
      story:
        `step ${step} (${op.op} of page ${op.pfn}, order ${order}): the driver was told ${text(callbacks)}, not ${text(wanted)}` +
        (callbacks.length < wanted.length
          ? '; it never gets the pages back'
          : '; it hands out pages that are in use'),
    });
  return out;
}
