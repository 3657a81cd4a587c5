import * as assert from 'uvu/assert';
import { Machine, VARIANT_B, layout73 } from '../../../../orchestrator/model/index.js';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { place, poke } from '../support.js';
import { hugeOnDevice, map, migrate, munmap, step, word } from './user.js';

/** The counts of a large folio under the options that say which there are (mm/rmap.c, include/linux/rmap.h). */
const test = suite('model/mapping/rmap');

/** A huge page that is shared, then split by the child, then taken apart. */
const LIFE: readonly UserOperation[] = [
  { op: 'fork', child: 'c' },
  { ...munmap(0, 100), process: 'c' } as UserOperation,
  munmap(50, 50),
  { op: 'exit', process: 'c' },
  munmap(),
];

/** After each step: mapcounts of the folio, those of mms, ids that are set, and `_mapcount` of three pages. */
function counts(config: Readonly<Record<string, boolean>>): string[] {
  const machine = new Machine(VARIANT_B, place(1024, layout73('mask', config)));
  for (const op of hugeOnDevice) step(machine, op);
  const seen = (): string => {
    const view = new DataView(machine.bytes.buffer);
    const int = (page: number, at: number): number => view.getInt32(page * 64 + at, true);
    const ids = word(machine, 1, 5);
    const id = (half: bigint): string => ((half & 0x7fffffffn) === 0n ? '0' : 'id');
    return [
      `large ${int(1, 16)} pages ${int(1, 20).toString(16)} entire ${int(1, 24)}`,
      `mms ${int(1, 32)} ${int(1, 36)}, ${id(ids & 0xffffffffn)} ${id(ids >> 32n)}${ids >> 63n === 1n ? ' shared' : ''}`,
      `each ${int(0, 48)} ${int(75, 48)} ${int(511, 48)}`,
    ].join('; ');
  };
  return [
    seen(),
    ...LIFE.map((op) => {
      step(machine, op);
      return seen();
    }),
  ];
}

test('all counts', () => {
  assert.equal(counts({}), [
    'large 0 pages 800000 entire 0; mms 0 -1, id 0; each -1 -1 -1',
    'large 1 pages 800000 entire 1; mms 0 0, id id shared; each -1 -1 -1',
    'large 412 pages 80019c entire 0; mms 0 411, id id shared; each -1 -1 0',
    'large 873 pages 1ce entire -1; mms 461 411, id id shared; each 0 -1 1',
    'large 461 pages 1ce entire -1; mms 461 -1, id 0; each 0 -1 0',
    'large -1 pages 0 entire -1; mms -1 -1, 0 0; each -1 -1 -1',
  ]);
});

test('without PAGE_MAPCOUNT pages have no count of their own, and nothing says how many are mapped', () => {
  assert.equal(counts({ PAGE_MAPCOUNT: false }), [
    'large 0 pages 0 entire 0; mms 0 -1, id 0; each -1 -1 -1',
    'large 1 pages 0 entire 1; mms 0 0, id id shared; each -1 -1 -1',
    'large 412 pages 0 entire 0; mms 0 411, id id shared; each -1 -1 -1',
    'large 873 pages 0 entire -1; mms 461 411, id id shared; each -1 -1 -1',
    'large 461 pages 0 entire -1; mms 461 -1, id 0; each -1 -1 -1',
    'large -1 pages 0 entire -1; mms -1 -1, 0 0; each -1 -1 -1',
  ]);
});

test('without MM_ID nothing says which mm maps it', () => {
  assert.equal(counts({ MM_ID: false }), [
    'large 0 pages 800000 entire 0; mms 0 0, 0 0; each -1 -1 -1',
    'large 1 pages 800000 entire 1; mms 0 0, 0 0; each -1 -1 -1',
    'large 412 pages 80019c entire 0; mms 0 0, 0 0; each -1 -1 0',
    'large 873 pages 1ce entire -1; mms 0 0, 0 0; each 0 -1 1',
    'large 461 pages 1ce entire -1; mms 0 0, 0 0; each 0 -1 0',
    'large -1 pages 0 entire -1; mms 0 0, 0 0; each -1 -1 -1',
  ]);
});

test('without MM_ID the words of the ids are not written, by a huge page that comes out of nothing neither', () => {
  for (const config of [{ MM_ID: false }, { PAGE_MAPCOUNT: false }]) {
    const machine = new Machine(VARIANT_B, place(1024, layout73('mask', config)));
    for (const op of [map(512, true), migrate([0, 0, 9])]) step(machine, op);
    const mine = 'MM_ID' in config;
    assert.is(word(machine, 1, 4), mine ? 0n : 0xffffffff_00000000n);
    assert.is(word(machine, 1, 5) === 0n, mine);
    assert.is(word(machine, 1, 2), mine ? 0x00800000_00000000n : 0n);
    if (!mine) continue;
    machine.apply(poke(1, 44, 4, 0x80000000n));
    for (const op of LIFE) step(machine, op);
    assert.is(word(machine, 1, 5), 0x80000000_00000000n);
  }
});

test('a process that takes the first slot beside others marks the folio shared', () => {
  const machine = new Machine(VARIANT_B, place());
  const share = (): bigint => word(machine, 1, 5) >> 63n;
  for (const op of hugeOnDevice) step(machine, op);
  step(machine, { op: 'fork', child: 'c' });
  step(machine, munmap());
  assert.is(share(), 0n, 'the second slot owns all mappings');
  step(machine, { op: 'fork', child: 'd', parent: 'c' });
  assert.is(share(), 1n);
  assert.is(word(machine, 1, 4), 0n, 'one mapping each');
});

test.run();
