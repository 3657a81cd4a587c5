import * as assert from 'uvu/assert';
import { layout73 } from '../../../orchestrator/model/index.js';
import type { Layout, Place, Splat } from '../../../orchestrator/model/index.js';
import { Kernel } from '../../../orchestrator/model/kernel.js';
import { freshPages } from '../../../orchestrator/model/steps/fresh.js';
import { Trap } from '../../../orchestrator/model/traps.js';
import { suite } from '../../harness/suite.js';
import { MEMMAP, PGMAP } from './support.js';

/** The inlines of page-flags.h and mm.h over bytes, with the memory map at places where halves of addresses carry. */
const test = suite('model/kernel');

const ZONE = 0xc000000000002000n;

function kernel(layout: Layout = layout73(), more: Partial<Place> = {}): Kernel {
  const k = new Kernel({ layout, pages: 64, memmap: MEMMAP, pgmap: PGMAP, ...more }, ZONE, false);
  freshPages(k, 0, k.mem.pages);
  return k;
}

/** The crash that it ends in: all of these are reads of words that are no pointers, which no option switches off. */
function trapOf(action: () => unknown, config = 'any'): Splat | undefined {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    assert.equal([error.kind, error.splat.config], ['crash', config]);
    return error.splat;
  }
  return undefined;
}

const set64 = (k: Kernel, page: number, offset: number, value: bigint): void =>
  k.mem.view.setBigUint64(page * 64 + offset, value, true);
const whole = ([lo, hi]: readonly [number, number]): bigint => (BigInt(hi) << 32n) | BigInt(lo);

test('addresses of struct pages, also where the low half overflows', () => {
  const k = kernel(layout73(), { memmap: 0xffffea00ffffffc0n });
  assert.is(whole(k.addressOf(0)), 0xffffea00ffffffc0n);
  assert.is(whole(k.addressOf(1)), 0xffffea0100000000n);
  assert.is(whole(k.addressOf(3)), 0xffffea0100000080n);
  assert.is(whole(k.addressOf(0, 0x3f)), 0xffffea00ffffffffn);
  assert.is(whole(k.addressOf(0, 0x40)), 0xffffea0100000000n);
});

test('page_folio() by pointer: any page of the chunk, none outside, none between two', () => {
  for (const memmap of [MEMMAP, 0xffffea00fffffc00n]) {
    const k = kernel(layout73('pointer'), { memmap });
    assert.is(k.pageFolio(5), 5, 'bit 0 is not set: itself');
    for (const head of [0, 4, 20, 63]) {
      set64(k, 5, 8, memmap + BigInt(head * 64) + 1n);
      assert.is(k.pageFolio(5), head);
    }
    for (const wrong of [-64n, 64n * 64n, 32n, 1n << 32n, -(1n << 32n)]) {
      set64(k, 5, 8, memmap + wrong + 1n);
      assert.is(
        trapOf(() => k.pageFolio(5))?.line,
        'include/linux/page-flags.h:_compound_head',
        String(wrong),
      );
    }
  }
});

test('page_folio() by mask: the address and all of the mask', () => {
  const k = kernel();
  for (const [mask, head] of [
    [0xffffffffffffff81n, 36],
    [0xfffffffffffffe01n, 32],
    [0xfffffffffffff001n, 0],
  ] as const) {
    set64(k, 37, 8, mask);
    assert.is(k.pageFolio(37), head);
  }
  const high = kernel(layout73(), { memmap: 0xffffea00f0000000n });
  set64(high, 37, 8, 0xffffffffffffff81n);
  assert.is(high.pageFolio(37), 36);
  set64(k, 37, 8, 0xffffffff00000001n);
  assert.ok(
    trapOf(() => k.pageFolio(37)),
    'far below the chunk',
  );
  set64(k, 37, 8, 0x00000000ffffff81n);
  assert.ok(
    trapOf(() => k.pageFolio(37)),
    'the high half counts',
  );
});

test('the size of a folio: the count where there is one, else the order; 1 without PG_head', () => {
  const k = kernel();
  k.mem.bytes[5 * 64] = 3;
  set64(k, 5, 56, 0xabcd_0000_0010n);
  assert.equal([k.folioOrder(4), k.folioNrPages(4)], [0, 1]);
  k.mem.bytes[4 * 64] = 0x40;
  assert.equal([k.folioOrder(4), k.folioNrPages(4)], [3, 16], 'the low half of the word, whatever the order');
  const bare = kernel(layout73('mask', { MEMCG: false }));
  bare.mem.bytes[4 * 64] = 0x40;
  bare.mem.bytes[5 * 64] = 3;
  bare.mem.bytes[5 * 64 + 1] = 0xff;
  assert.equal([bare.folioOrder(4), bare.folioNrPages(4)], [3, 8], 'a byte of the flags, not more');
  for (const one of [k, bare]) {
    one.mem.bytes[63 * 64] = 0x40;
    assert.match(trapOf(() => one.folioOrder(63))?.why ?? '', 'struct page 64 past the end');
    assert.match(trapOf(() => one.folioNrPages(63))?.why ?? '', '0xffffea0004001000,');
  }
});

test('a flag of a tail that is asked for as one of a folio is a BUG where DEBUG_VM_PGFLAGS is set', () => {
  const loud = kernel();
  const quiet = kernel(layout73('mask', { DEBUG_VM_PGFLAGS: false }));
  for (const k of [loud, quiet]) {
    set64(k, 5, 8, 0xffffffffffffff81n);
    k.mem.bytes[5 * 64] = 0x40;
  }
  assert.is(
    trapOf(() => loud.testFolioFlag(5, 'PG_head'), 'DEBUG_VM_PGFLAGS')?.line,
    'include/linux/page-flags.h:345',
  );
  assert.is(trapOf(() => loud.checkChange(5), 'DEBUG_VM_PGFLAGS')?.line, 'include/linux/page-flags.h:354');
  assert.is(quiet.testFolioFlag(5, 'PG_head'), true);
  assert.is(
    trapOf(() => quiet.checkChange(5)),
    undefined,
  );
  assert.is(loud.flag(5, 'PG_head'), true, 'asked for as one of the page');
  assert.is(loud.testFolioFlag(4, 'PG_head'), false);
});

test('a zone device page has all bits of its zone; others are not asked for', () => {
  const layout = layout73();
  const k = kernel();
  assert.ok(k.isZoneDevice(3));
  for (const [flags, is] of [
    [0xffffffffffffffffn, true],
    [0xc000000000000000n, true],
    [0x8000000000000000n, false],
    [0x4000000000000000n, false],
    [0x3fffffffffffffffn, false],
  ] as const) {
    set64(k, 3, 0, flags);
    assert.is(k.isZoneDevice(3), is, flags.toString(16));
  }
  // Narrow words have the zone in the low half.
  const low = new Kernel(
    { layout: { ...layout, zonesShift: 29, zonesWidth: 3 }, pages: 4, memmap: MEMMAP, pgmap: PGMAP },
    0x60000000n,
    false,
  );
  freshPages(low, 0, 4);
  for (const [flags, is] of [
    [0xffffffff7fffffffn, true],
    [0xffffffffe0000000n, false],
    [0x40000000n, false],
    [0x20000000n, false],
  ] as const) {
    set64(low, 1, 0, flags);
    assert.is(low.isZoneDevice(1), is, flags.toString(16));
  }
});

test('the pgmap word is followed only where it is the pgmap of the chunk, in both halves', () => {
  const k = kernel();
  assert.is(
    trapOf(() => k.checkPgmap(3, 'x:1')),
    undefined,
  );
  for (const value of [PGMAP + 8n, PGMAP ^ (1n << 40n), 0n]) {
    set64(k, 3, 8, value);
    const trap = trapOf(() => k.checkPgmap(3, 'x:1'));
    assert.is(trap?.line, 'x:1');
    assert.match(trap?.why ?? '', `page 3 has 0x${value.toString(16)} where`);
  }
});

test('a page has the pgmap of the device that it lies in, and either can be followed', () => {
  const k = kernel(layout73(), { second: { first: 48, pgmap: PGMAP + 256n } });
  const at = (page: number): bigint => {
    const { lo, hi } = k.pgmapOf(page);
    return (BigInt(hi) << 32n) | BigInt(lo);
  };
  assert.equal([at(0), at(47), at(48), at(63)], [PGMAP, PGMAP, PGMAP + 256n, PGMAP + 256n]);
  for (const value of [PGMAP, PGMAP + 256n]) {
    set64(k, 3, 8, value);
    assert.is(
      trapOf(() => k.checkPgmap(3, 'x:1')),
      undefined,
    );
  }
  set64(k, 3, 8, PGMAP + 128n);
  assert.is(trapOf(() => k.checkPgmap(3, 'x:1'))?.line, 'x:1');
});

test('behind the last struct page there is none; the oops names the address', () => {
  const k = kernel();
  assert.is(k.inChunk(63), 63);
  const trap = trapOf(() => k.inChunk(64, 16, 'mm/x.c:f'));
  assert.is(trap?.line, 'mm/x.c:f');
  assert.match(trap?.why ?? '', 'address 0xffffea0004001010, struct page 64');
  assert.is(trapOf(() => k.inChunk(65))?.line, 'mm');
});

test('page type: the high byte of the mapcount word', () => {
  const k = kernel();
  assert.is(k.pageType(3), 0xff);
  set64(k, 3, 48, 0x1_f5123456n);
  assert.is(k.pageType(3), 0xf5);
});

test('a check that is not compiled in sees nothing; a warning of one step is told once', () => {
  const k = kernel(layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
  const splat = (config: string): Splat => ({ why: '', line: 'x:1', config });
  assert.is(
    trapOf(() => k.bugOn(true, splat('DEBUG_VM'))),
    undefined,
  );
  assert.is(
    trapOf(() => k.bugOn(false, splat('any'))),
    undefined,
  );
  assert.is(trapOf(() => k.bugOn(true, splat('any')))?.line, 'x:1');
  assert.is(trapOf(() => k.bugOn(true, splat('MEMCG')), 'MEMCG')?.line, 'x:1');
  assert.is(
    trapOf(() => k.bugOn(true, splat('NO_SUCH_OPTION'))),
    undefined,
  );
  const warning = splat('any');
  k.warnOn(true, warning);
  k.warnOn(true, warning);
  k.warnOn(false, splat('any'));
  k.warnOn(true, splat('DEBUG_VM'));
  assert.equal(k.warnings, [warning]);
});

test.run();
