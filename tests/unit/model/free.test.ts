import * as assert from 'uvu/assert';
import { putFolio, putPage, unlockFolio } from '../../../orchestrator/model/free.js';
import { layout73 } from '../../../orchestrator/model/index.js';
import type { Kernel } from '../../../orchestrator/model/kernel.js';
import { suite } from '../../harness/suite.js';
import { freshKernel, trapOf } from './support.js';

const test = suite('model/free');
const [FLAGS, MAPCOUNT, REFCOUNT] = [0, 48, 52];

function held(count: number): Kernel {
  const k = freshKernel();
  k.mem.view.setUint32(3 * 64 + REFCOUNT, count, true);
  return k;
}

test('only the last reference frees: the count goes down by one, the steps get the folio and its size', () => {
  const k = held(2);
  const calls: number[][] = [];
  const steps = [(_: Kernel, folio: number, nr: number): unknown => calls.push([folio, nr])] as never;
  putFolio(k, 3, steps);
  assert.equal([k.mem.get32(3, REFCOUNT), calls], [1, []]);
  putFolio(k, 3, steps);
  assert.equal([k.mem.get32(3, REFCOUNT), calls], [0, [[3, 1]]]);
});

test('a page that nobody holds is a BUG where DEBUG_VM is set', () => {
  assert.is(trapOf(() => putFolio(held(0), 3, []))?.kind, 'crash');
});

test('a page that has lost its zone goes to the page allocator', () => {
  const k = held(1);
  k.mem.view.setBigUint64(3 * 64 + FLAGS, 0n, true);
  const trap = trapOf(() => putFolio(k, 3, []));
  assert.equal([trap?.kind, trap?.splat.line], ['foreign', 'mm/folio.c:93']);
});

test('without a pgmap nothing but a warning comes of the free', () => {
  const k = held(1);
  k.mem.view.setBigUint64(3 * 64 + 8, 0n, true);
  putFolio(k, 3, [
    () => {
      throw new Error('freed');
    },
  ]);
  assert.is(k.warnings.length, 1);
});

test('put_page() does nothing for the page of a slab or of a large kmalloc, and puts any other', () => {
  for (const [type, left] of [
    [0xf5, 2],
    [0xf8, 2],
    [0xf4, 1],
    [0xff, 1],
  ] as const) {
    const k = held(2);
    k.mem.view.setUint32(3 * 64 + MAPCOUNT, (type << 24) >>> 0, true);
    putPage(k, 3, []);
    assert.is(k.mem.get32(3, REFCOUNT), left, type.toString(16));
  }
});

test('unlocking clears the lock; of what is not locked it is a BUG, and without the check it locks', () => {
  const k = freshKernel();
  k.setFlag(3, 'PG_locked', true, 'lock');
  unlockFolio(k, 3);
  assert.not.ok(k.flag(3, 'PG_locked'));
  assert.is(trapOf(() => unlockFolio(k, 3))?.kind, 'crash');
  const quiet = freshKernel(16, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
  unlockFolio(quiet, 3);
  assert.ok(quiet.flag(3, 'PG_locked'));
});

test.run();
