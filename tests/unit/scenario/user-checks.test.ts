import * as assert from 'uvu/assert';
import {
  checkCharged,
  checkEarlyPuts,
  checkLockedFrees,
  checkReferences,
  checkVmstat,
} from '../../../orchestrator/scenario/user-checks.js';
import { placesExpected } from '../../../orchestrator/scenario/places.js';
import { actionOf, Step } from '../../../orchestrator/scenario/schema.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/user-checks');

test('a group is charged for what it has, and for what CPUs hold back', () => {
  const kinds = (charged: number, current: number): unknown[] =>
    checkCharged(1, charged, { current, kernel: 10, anon: 0, own: 3 }).map(({ kind }) => kind);
  assert.equal(kinds(512, 525), []);
  assert.equal(kinds(512, 525 + 192), []);
  assert.equal(kinds(512, 525 + 193), ['leak']);
  assert.equal(kinds(512, 524), ['counter']);
  assert.equal(checkCharged(1, undefined, { current: 900, kernel: 0, anon: 0, own: 0 }), []);
  assert.equal(checkCharged(1, 0, undefined), [], 'a kernel without groups says nothing');
});

test('locked pages that are counted when nothing is mapped', () => {
  const of = (nr_mlock: number, nr_anon_pages = 0) => ({ refs: 0, vmstat: { nr_mlock, nr_anon_pages } });
  assert.equal(checkVmstat(1, of(3), of(3, 9)), []);
  assert.equal(
    checkVmstat(1, of(0), of(15)).map(({ field, found }) => [field, found]),
    [['nr_mlock', '15']],
  );
  assert.equal(checkVmstat(1, { refs: 0 }, of(2)), []);
});

test('references are counted for each page map, and a wrong sum is told once', () => {
  const fields = (owed: [number, number, number], found: number, each?: number[]): unknown[] =>
    checkReferences(2, owed, found, each).map(({ kind, field, expected, found: got }) => [
      kind,
      field,
      expected,
      got,
    ]);
  assert.equal(fields([512, 0, 0], 512), []);
  assert.equal(fields([4, 8, 1], 13, [4, 8, 1]), []);
  assert.equal(fields([4, 8, 1], 12, [4, 8, 0]), [['refcount', 'pgmap.ref', '13', '12']]);
  assert.equal(fields([4, 8, 0], 12, [8, 4, 0]), [
    ['leak', 'pgmap.ref of first', '4', '8'],
    ['refcount', 'pgmap.ref of second', '8', '4'],
  ]);
  assert.equal(
    fields([0, 1, 0], 1),
    [
      ['leak', 'pgmap.ref of first', '0', '1'],
      ['refcount', 'pgmap.ref of second', '1', '0'],
    ],
    'who says nothing of each has all in the first',
  );
  assert.equal(checkReferences(2, [1, 0, 0], undefined, undefined), []);
});

test('references that were put before the driver was told', () => {
  assert.equal(checkEarlyPuts(1, { ok: true, refs: 0 }), []);
  const [wrong] = checkEarlyPuts(3, { ok: true, refs: 0, early: 2 });
  assert.equal([wrong?.kind, wrong?.step, wrong?.found], ['refcount', 3, 'fewer, in 2 calls of folio_free']);
});

test('a folio of user memory that the driver got locked', () => {
  assert.equal(checkLockedFrees(1, { ok: true, refs: 0 }), []);
  const [wrong] = checkLockedFrees(3, { ok: true, refs: 0, free_locked: 1 });
  assert.equal([wrong?.kind, wrong?.step, wrong?.found], ['stale-field', 3, 'set, in 1 calls of folio_free']);
});

test('where pages are that were locked, pinned or lent', () => {
  const mapping = {
    process: '',
    name: 'm',
    pages: 4,
    inserted: false,
    seed: 1,
    gone: new Set([3]),
    prot: new Map(),
  };
  const places = (step: unknown): unknown => [
    ...placesExpected(actionOf(Step.parse(step)), mapping, undefined),
  ];
  assert.equal(places({ mlock: { page: 2, pages: 2 } }), [[2, 'ram']]);
  assert.equal(places({ mlock: { onfault: true } }), []);
  assert.equal(places({ pin: { page: 0, pages: 1 } }), [[0, 'ram']]);
  assert.equal(places({ exclusive: { page: 1 } }), [[1, 'exclusive']]);
  assert.equal(places({ fill: { page: 1, pages: 1 } }), [[1, 'ram']]);
  assert.equal(places({ madvise: { advice: 'cold' } }), []);
});

test.run();
