import * as assert from 'uvu/assert';
import { balance } from '../../../orchestrator/model/balance.js';
import type { Callback, Deviation } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init } from './support.js';

const test = suite('model/balance');

const freed = (pfn: number, order: number): Callback => ({ fn: 'folio_free', pfn, order });

function judged(
  op: 'init' | 'unlock' | 'free',
  order: number,
  moved: number,
  callbacks: readonly Callback[] = [],
): Deviation[] {
  const made = op === 'init' ? init(`${order}@8`) : op === 'free' ? free(8) : ({ op, pfn: 8 } as const);
  const counters = { step: 3, refsBefore: 100, refsAfter: 100 + moved, callbacks };
  return balance(made as Parameters<typeof balance>[0], order, counters);
}
const brief = ({ kind, field, transition, expected, found }: Deviation): string =>
  `${kind} ${field} (${transition}): ${expected}, ${found}`;

test('an init takes a reference for each page, a free gives them back with one call, an unlock does neither', () => {
  for (const order of [0, 1, 9]) {
    assert.equal(judged('init', order, 2 ** order), []);
    assert.equal(judged('free', order, -(2 ** order), [freed(8, order)]), []);
    assert.equal(judged('unlock', order, 0), []);
  }
});

test('references too many or too few', () => {
  const one = (op: 'init' | 'unlock', order: number, moved: number): string =>
    judged(op, order, moved).map(brief).join();
  assert.is(one('init', 2, 5), 'leak pgmap.ref (init +1): 4, 5');
  assert.is(one('init', 2, 3), 'counter pgmap.ref (init -1): 4, 3');
  assert.is(one('unlock', 2, 1), 'leak pgmap.ref (unlock +1): 0, 1');
  assert.is(one('unlock', 2, -1), 'counter pgmap.ref (unlock -1): 0, -1');
  const kept = judged('free', 2, 0, [freed(8, 2)]);
  assert.equal(kept.map(brief), ['leak pgmap.ref (free +4): -4, 0']);
  assert.is(
    kept[0]?.story,
    'step 3 (free of page 8, order 2) moved the pgmap references by 0, not -4: memunmap_pages() waits for ever ' +
      '(mm/memremap.c:122)',
  );
  const twice = judged('free', 2, -8, [freed(8, 2)]);
  assert.equal(twice.map(brief), ['counter pgmap.ref (free -4): -4, -8']);
  assert.match(twice[0]?.story ?? '', /not -4: "percpu ref \(dev_pagemap_percpu_release\) <= 0"/);
});

test('calls of the driver: none, twice, of another folio', () => {
  const calls = (op: 'init' | 'free', ...list: Callback[]): Deviation[] =>
    judged(op, 2, op === 'init' ? 4 : -4, list);
  const none = calls('free');
  assert.equal(none.map(brief), [
    'leak folio_free (free order 2: no call): folio_free(page 8, order 2), none',
  ]);
  const told = 'the driver was told none, not folio_free(page 8, order 2); it never gets the pages back';
  assert.is(none[0]?.story, `step 3 (free of page 8, order 2): ${told}`);
  const other = calls('free', freed(8, 0));
  assert.equal(other.map(brief), [
    'counter folio_free (free order 2: order 0): folio_free(page 8, order 2), folio_free(page 8, order 0)',
  ]);
  assert.match(other[0]?.story ?? '', /; it hands out pages that are in use$/);
  assert.is(calls('free', freed(9, 2))[0]?.kind, 'counter');
  const twice = calls('free', freed(8, 2), freed(8, 2));
  assert.is(twice[0]?.transition, 'free order 2: order 2, order 2');
  assert.is(twice[0]?.found, 'folio_free(page 8, order 2), folio_free(page 8, order 2)');
  const early = calls('init', freed(8, 2));
  assert.equal(early.map(brief), [
    'counter folio_free (init order 2: order 2): none, folio_free(page 8, order 2)',
  ]);
});

test.run();
