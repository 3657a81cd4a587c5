import * as assert from 'uvu/assert';
import {
  Machine,
  Pristine,
  RoleMap,
  VARIANT_B,
  checkContract,
  layout73,
  layout73Json,
  parseLayout,
} from '../../../orchestrator/model/index.js';
import type { Deviation, Layout, Operation, OriginOf } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { MEMMAP, free, init, judge, movedLayoutJson, place, poke } from './support.js';

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

test('another past or other bits are another one too', () => {
  const pasts = judged(
    [
      [11, 40, 1],
      [12, 40, 1],
    ],
    (page) => ({ step: 1, fn: 'f', field: 'x', role: page === 11 ? 'head' : 'order0' }),
  );
  assert.equal(
    pasts.map(({ page, transition }) => `${page} ${transition ?? ''}`),
    ['11 head→tail', '12 order0→tail'],
  );
  // Both bits of the zone, on two pages.
  assert.equal(
    judged([
      [11, 7, 0],
      [12, 7, 0],
    ]).map(({ page, pages, mask }) => [page, pages, mask]),
    [
      [11, 2, '0x4000000000000000'],
      [11, 2, '0x8000000000000000'],
    ],
  );
});

test('addresses of the chunk by name, where they are expected and where they are found', () => {
  const [pgmap] = judged([[8, 9, 0]]);
  assert.equal([pgmap?.field, pgmap?.expected, pgmap?.mask], ['pgmap', 'pgmap', undefined]);
  assert.equal([pgmap?.byte, pgmap?.width], [8, 8]);
  assert.match(pgmap?.story ?? '', /^page 8 byte 8 = 0xffff888003450080: /);
  const list = [...new Uint8Array(new BigUint64Array([MEMMAP + 10n * 64n + 16n]).buffer)];
  const [found] = judged(list.map((value, i) => [11, 16 + i, value] as const));
  assert.equal([found?.expected, found?.found, found?.mask], ['0x0', '&page[10]+0x10', undefined]);
  assert.match(found?.story ?? '', /^page 11 byte 16 = &page\[10\]\+0x10: /);
  const [count] = judged([[9, 56, 4]]);
  assert.equal([count?.expected, count?.found, count?.width, count?.byte], ['0x8', '0x4', 4, 56]);
});

/** Layouts with the flags in the first word of a page, and in the third and fourth of its 32-bit words. */
function layouts(): Layout[] {
  return [layout73(), parseLayout(movedLayoutJson())];
}

/** What the contract says of `op` on a chunk where `ops` were done, with bits turned over after it. */
function turned(
  layout: Layout,
  ops: readonly Operation[],
  op: Operation,
  ...bits: readonly (readonly [page: number, byte: number, bit: number])[]
): string[] {
  const where = place(32, layout);
  const machine = new Machine(VARIANT_B, where);
  for (const one of ops) machine.apply(one);
  const [before, roles, refsBefore] = [machine.bytes.slice(), machine.roles.copy(), machine.refs];
  const { refs, callbacks } = machine.apply(op);
  const after = machine.bytes.slice();
  for (const [page, byte, bit] of bits)
    after[page * 64 + byte] = (after[page * 64 + byte] as number) ^ (1 << bit);
  const counters = { step: ops.length + 1, refsBefore, refsAfter: refs, callbacks };
  const context = { place: where, roles, pristine: new Pristine(where), ...counters };
  return checkContract(op, before, after, context).map(
    ({ page, field, transition }) => `${page} ${field} ${transition}`,
  );
}

test('an unlock takes PG_locked of the head away and changes nothing else', () => {
  const made = [init('2@8', { unlock: 'none', zdd: 5n }), init('0@20', { zdd: 5n })];
  const unlock = { op: 'unlock', pfn: 8 } as const;
  for (const layout of layouts()) {
    const { flags } = layout.at;
    const after = (...bits: (readonly [number, number, number])[]): string[] =>
      turned(layout, made, unlock, ...bits);
    assert.equal(after(), []);
    assert.equal(after([8, flags, 0]), ['8 PG_locked head→head']);
    assert.equal(after([8, flags + 1, 0]), ['8 PG_active head→head']);
    assert.equal(after([8, flags, 7]), [], 'PG_waiters is anybody’s');
    assert.equal(after([8, 16, 0]), ['8 zone_device_data head→head'], 'what the driver stored stays');
    assert.equal(
      after([9, flags + 1, 0]),
      ['9 PG_has_hwpoisoned neighbour tail1'],
      'the tails are not its own',
    );
    assert.equal(after([20, 16, 0]), ['20 zone_device_data neighbour order0']);
    assert.equal(after([7, 40, 0]), ['7 private neighbour fresh']);
  }
  const json = layout73Json();
  json['flags'] = { ...json['flags'], PG_locked: 1, PG_writeback: 0 };
  assert.equal(turned(parseLayout(json), made, unlock), [], 'wherever the bit is');
});

test('a free takes flags away but not those of memmap init, and sets none, in either half of the word', () => {
  const made = [init('2@8', { zdd: 5n }), init('0@12', { zdd: 5n })];
  for (const layout of layouts()) {
    const { flags } = layout.at;
    const after = (...bits: (readonly [number, number, number])[]): string[] =>
      turned(layout, made, free(8), ...bits);
    assert.equal(after(), []);
    assert.equal(
      after([8, flags, 6], [9, flags, 1], [9, flags + 1, 1]),
      [],
      'PG_head, order, PG_large_rmappable',
    );
    assert.equal(after([10, flags, 4]), ['10 PG_dirty tail2→tail2']);
    assert.equal(after([8, flags + 1, 5]), ['8 PG_reserved head→head']);
    assert.equal(after([11, flags + 7, 6]), ['11 flags (zone, node) tail→tail']);
    assert.equal(after([11, flags + 7, 7]), ['11 flags (zone, node) tail→tail']);
    assert.equal(after([11, flags + 4, 0]), ['11 flags bit 32 tail→tail']);
    assert.equal(after([11, flags + 3, 7]), ['11 flags bit 31 tail→tail']);
    assert.equal(after([11, 52, 0], [11, 40, 0], [8, 16, 0]), ['11 _refcount tail→tail']);
    assert.equal(after([12, 16, 0]), ['12 zone_device_data neighbour order0']);
    assert.equal(after([12, flags, 7]), [], 'PG_waiters of another folio');
    for (const [byte, field] of [
      [24, 'mapping'],
      [28, 'mapping'],
      [56, 'memcg_data'],
      [60, 'memcg_data'],
    ] as const)
      assert.equal(after([8, byte, 0]), [`8 ${field} head→head`], `byte ${byte}`);
    assert.equal(after([8, 32, 0], [8, 36, 0]), [], 'index is the kernel’s affair');
    const marked = [...made, poke(11, flags + 5, 1, 1n)];
    assert.equal(turned(layout, marked, free(8)), [], 'what was in the upper half before');
  }
});

test('neighbours: what they were before the step counts too', () => {
  const by = (role: 'order0' | 'head' | 'tail') => (): ReturnType<OriginOf> => ({
    step: 1,
    fn: 'the driver',
    field: 'zone_device_data',
    role,
  });
  const driver = by('order0');
  for (const [role, masks] of [
    ['order0', ['-', '-']],
    ['head', ['-', '-']],
    ['tail', ['0x5', '0x6']],
  ] as const) {
    const from = judged(
      [
        [20, 16, 0, 5],
        [21, 16, 0, 6],
      ],
      by(role),
    );
    assert.equal(brief(from), [
      `20+1 zone_device_data 0x5 0x0 ${masks[0]}`,
      `21+1 zone_device_data 0x6 0x0 ${masks[1]}`,
    ]);
  }
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
