import * as assert from 'uvu/assert';
import { WRITERS_MAX } from '../../../../orchestrator/model/memory.js';
import { layout73 } from '../../../../orchestrator/model/index.js';
import type { Layout } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { prepTails } from '../../../../orchestrator/model/steps/compound.js';
import { clearExclusive, uncharge } from '../../../../orchestrator/model/steps/free.js';
import { freshPages } from '../../../../orchestrator/model/steps/fresh.js';
import { Trap } from '../../../../orchestrator/model/traps.js';
import type { Splat } from '../../../../orchestrator/model/traps.js';
import { writerOf } from '../../../../orchestrator/model/writers.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP } from '../support.js';

/** mem_cgroup_uncharge() by itself: what it takes for an object cgroup, and what it checks before. */
const test = suite('model/steps/free');

const OBJCG = 0xffff888001234500n;

/** Page 3 has `memcgData`; one object cgroup exists, to which 100 pages are charged. */
function kernel(memcgData: bigint, layout: Layout = layout73()): Kernel {
  const k = new Kernel({ layout, pages: 8, memmap: MEMMAP, pgmap: PGMAP }, 0xc000000000002000n, true);
  freshPages(k, 0, k.mem.pages);
  k.step = 1;
  k.stats.objcgs.add(OBJCG);
  k.stats.charged = 100;
  for (const page of [2, 4]) k.mem.fill64(page, 1, 56, 0x55, 0x66, 0);
  k.mem.view.setBigUint64(3 * 64 + 56, memcgData, true);
  return k;
}

function trapOf(k: Kernel): Splat | undefined {
  try {
    uncharge(k, 3, 4);
  } catch (error) {
    if (error instanceof Trap) return error.splat;
    throw error;
  }
  return undefined;
}

test('what was charged to an object cgroup is no longer, and memcg_data of the folio is 0', () => {
  const k = kernel(OBJCG);
  assert.is(trapOf(k), undefined);
  assert.is(k.stats.charged, 96);
  assert.equal(
    [2, 3, 4].map((page) => k.mem.get64(page, 56)),
    [0x6600000055n, 0n, 0x6600000055n],
  );
  const { fn, field } = writerOf((k.mem.lastStamp(3, 56) as number) % WRITERS_MAX);
  assert.equal([fn, field], ['uncharge_folio', 'memcg_data']);
});

test('with cgroup_disable=memory nobody looks at memcg_data', () => {
  const k = kernel(0xff00000000n, { ...layout73(), charging: false });
  assert.is(trapOf(k), undefined);
  assert.is(k.mem.get64(3, 56), 0xff00000000n);
  assert.is(k.stats.charged, 100);
});

test('what is no object cgroup is read as one', () => {
  assert.is(trapOf(kernel(0n)), undefined);
  const left = trapOf(kernel(0xff00000000n));
  assert.is(left?.why, '__mem_cgroup_uncharge() reads address 0xff00000030: memcg_data is 0xff00000000');
  assert.is(left?.line, 'mm/memcontrol.c:uncharge_folio');
  const bits = trapOf(kernel(2n));
  assert.is(bits?.why, '__mem_cgroup_uncharge() reads address 0x10: memcg_data is 0x2');
  assert.equal([bits?.line, bits?.config], ['mm/memcontrol.c:uncharge_batch', 'MEMCG']);
});

test('checks before the uncharge: PG_lru, the type of a slab, the bit of object extensions', () => {
  const lru = kernel(OBJCG);
  lru.mem.putBit(3, 5, true, 0);
  assert.is(trapOf(lru)?.line, 'mm/memcontrol.c:5403');
  for (const [type, line] of [
    [0xf4, undefined],
    [0xf5, 'include/linux/memcontrol.h:398'],
    [0xf6, undefined],
  ] as const) {
    const k = kernel(OBJCG);
    k.mem.fill8(3, 1, 51, type, 0);
    assert.is(trapOf(k)?.line, line, type.toString(16));
  }
  assert.is(trapOf(kernel(OBJCG | 1n))?.line, 'include/linux/memcontrol.h:399');
  const quiet = kernel(OBJCG | 1n, layout73('mask', { DEBUG_VM: false }));
  assert.equal([trapOf(quiet), quiet.stats.charged], [undefined, 96], 'the bits are no part of the pointer');
});

test('an anonymous folio is one less of its order, and no page of it exclusive', () => {
  const exclusive = (k: Kernel): boolean[] =>
    [3, 4, 5, 6, 7, 0].map((page) => k.flag(page, 'PG_anon_exclusive'));
  for (const [mapping, count, left] of [
    [1n, -1, [false, false, false, false, true, true]],
    [2n, 0, [true, true, true, true, true, true]],
  ] as const) {
    const k = kernel(0n, layout73('pointer'));
    prepTails(k, 3, 2);
    k.setFlag(3, 'PG_head', true, 'head');
    k.mem.fill8(4, 1, 0, 2, 0);
    k.mem.fill64(3, 1, 24, Number(mapping), 0, 0);
    for (const page of [3, 4, 5, 6, 7, 0]) k.setFlag(page, 'PG_anon_exclusive', true, 'rmapExclusive');
    clearExclusive(k, 3, 4);
    assert.equal([k.stats.nrAnon(2), exclusive(k)], [count, left], `mapping ${mapping}`);
  }
});

test.run();
