import * as assert from 'uvu/assert';
import { Machine, Pristine, RoleMap, VARIANT_B, checkContract } from '../../../orchestrator/model/index.js';
import type { Deviation, Operation, OriginOf } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, judge, place } from './support.js';

/** Which deviations of pages in a row are one, and what is told of each. */
const test = suite('model/contract-joins');

const P = place(32);

/** Contract of an init of 3@8, with `changes` [page, byte, value, value before] to what b leaves. */
function judged(
  changes: readonly (readonly [page: number, byte: number, value: number, before?: number])[],
  originOf?: OriginOf,
  op: Operation = init('3@8'),
): readonly Deviation[] {
  const machine = new Machine(VARIANT_B, P);
  const before = machine.bytes.slice();
  machine.apply(op);
  const after = machine.bytes.slice();
  for (const [page, byte, value, was] of changes) {
    after[page * 64 + byte] = value;
    if (was !== undefined) before[page * 64 + byte] = was;
  }
  const counters = { step: 3, refsBefore: 0, refsAfter: 8, callbacks: [] };
  const context = { place: P, roles: new RoleMap(32), pristine: new Pristine(P), ...counters };
  return checkContract(op, before, after, { ...context, ...(originOf && { originOf }) });
}
const brief = (all: readonly Deviation[]): string[] =>
  all.map(({ page, pages, field, expected, found, mask }) =>
    [`${page}+${pages}`, field, expected, found, mask ?? '-'].join(' '),
  );

test('the same field with the same values on pages in a row is one', () => {
  assert.equal(brief(judged([11, 12, 13].map((page) => [page, 40, 1] as const))), [
    '11+3 private 0x0 0x1 0x1',
  ]);
  assert.equal(brief(judged([11, 13].map((page) => [page, 40, 1] as const))), [
    '11+1 private 0x0 0x1 0x1',
    '13+1 private 0x0 0x1 0x1',
  ]);
});

const BY_POKE: OriginOf = () => ({ step: 1, fn: 'poke', field: 'poke', role: 'tail' });

test('another field, another value, another writer is another one', () => {
  const fields = judged(
    [
      [11, 40, 1],
      [12, 32, 1],
    ],
    BY_POKE,
  );
  assert.equal(brief(fields), ['11+1 private 0x0 0x1 0x1', '12+1 index 0x0 0x1 0x1']);
  const values = judged([
    [11, 40, 1],
    [12, 40, 2],
  ]);
  assert.equal(brief(values), ['11+1 private 0x0 0x1 0x1', '12+1 private 0x0 0x2 0x2']);
  const writers = judged(
    [
      [11, 40, 1],
      [12, 40, 1],
    ],
    (page) => ({ step: 1, fn: 'f', field: page === 11 ? 'x' : 'y', role: 'tail' }),
  );
  assert.equal(
    writers.map(({ page, writtenAs }) => [page, writtenAs]),
    [
      [11, 'x'],
      [12, 'y'],
    ],
  );
});

test('neighbours: what they were before the step counts too', () => {
  const driver: OriginOf = () => ({ step: 1, fn: 'the driver', field: 'zone_device_data', role: 'order0' });
  const from = judged(
    [
      [20, 16, 0, 5],
      [21, 16, 0, 6],
    ],
    driver,
  );
  assert.equal(brief(from), ['20+1 zone_device_data 0x5 0x0 -', '21+1 zone_device_data 0x6 0x0 -']);
  const to = judged(
    [
      [20, 16, 1, 5],
      [21, 16, 2, 5],
    ],
    driver,
  );
  assert.equal(brief(to), ['20+1 zone_device_data 0x5 0x1 -', '21+1 zone_device_data 0x5 0x2 -']);
});

test('the mask has the bits that differ, not those that are in either', () => {
  assert.equal(brief(judged([[11, 25, 5]])), ['11+1 mapping 0xdead000000000400 0xdead000000000500 0x100']);
  assert.equal(brief(judged([[11, 31, 0xdf]])), [
    '11+1 mapping 0xdead000000000400 0xdfad000000000400 0x100000000000000',
  ]);
});

test('the writer is asked for by the lowest byte that differs, of a flag by its bit', () => {
  const asked: string[] = [];
  judged(
    [
      [11, 42, 1],
      [12, 40, 1],
      [13, 1, 0x22],
      [14, 3, 0x80],
    ],
    (page, _diff, byte, bit) => {
      asked.push(`${page}: ${byte} ${bit ?? ''}`.trim());
      return undefined;
    },
  );
  assert.equal(asked, ['11: 42', '12: 40', '13: 1 1', '14: 3 7']);
});

test('a flag that was left is told by who set it', () => {
  const { last } = judge(VARIANT_B, [init('3@8'), free(8), init('0@9')], P);
  assert.equal(
    last.map(({ field, writtenAs, writer }) => [field, writtenAs, writer?.fn, writer?.step]),
    [['PG_workingset', 'PG_large_rmappable', 'folio_set_large_rmappable', 1]],
  );
});

test.run();
