import * as assert from 'uvu/assert';
import {
  addressesOf,
  chunkOnly,
  devicePages,
  ownerOf,
  pageAt,
  pagesByOwner,
  pgmapOf,
  structPageOf,
} from '../../../orchestrator/scenario/page-maps.js';
import type { ReadyHello } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';
import { HELLO as ONE } from './fake-guest.js';

const test = suite('scenario/page-maps');

const ALL: ReadyHello = {
  ...ONE,
  chunk: {
    pages: 2048,
    pfn: '0x1000',
    vmemmap: '0x10000',
    pgmap: '0x100',
    second: 1536,
    second_pgmap: '0x200',
  },
  coherent: { pages: 512, pfn: '0x6000', vmemmap: '0x900000', pgmap: '0x300' },
};

test('a page has the owner and the page map of the device that it lies in', () => {
  const of = (pfn: number): unknown => [ownerOf(ALL, pfn), pgmapOf(ALL, pfn)];
  assert.equal(of(0), ['first', 0x100n]);
  assert.equal(of(1535), ['first', 0x100n]);
  assert.equal(of(1536), ['second', 0x200n]);
  assert.equal(of(2047), ['second', 0x200n]);
  assert.equal(of(2048), ['coherent', 0x300n]);
  assert.equal([ownerOf(ONE, 2047), devicePages(ONE), devicePages(ALL)], ['first', 2048, 2560]);
});

test('coherent pages have their struct pages elsewhere', () => {
  for (const [pfn, address] of [
    [0, 0x10000n],
    [2047, 0x10000n + 2047n * 64n],
    [2048, 0x900000n],
    [2559, 0x900000n + 511n * 64n],
  ] as const) {
    assert.is(structPageOf(ALL, pfn), address);
    assert.is(pageAt(ALL, address), pfn);
  }
  assert.is(pageAt(ONE, structPageOf(ONE, 77)), 77);
  assert.is(pageAt(ALL, 0x900000n + 512n * 64n) >= 2560, true, 'behind them is none of them');
});

test('the model is told of the chunk alone', () => {
  assert.equal(addressesOf(ALL.chunk), {
    pages: 2048,
    memmap: 0x10000n,
    pgmap: 0x100n,
    second: { first: 1536, pgmap: 0x200n },
  });
  assert.is(addressesOf(ONE.chunk).second, undefined);
  const bytes = new Uint8Array(2560 * 64);
  assert.is(chunkOnly(ALL, bytes).length, 2048 * 64);
  const short = new Uint8Array(2048 * 64);
  assert.is(chunkOnly(ALL, short), short);
});

test('each page map owes references to the pages of its own folios', () => {
  const folios = [
    { pfn: 0, order: 9 },
    { pfn: 1536, order: 0 },
    { pfn: 1600, order: 2 },
    { pfn: 2048, order: 9 },
  ];
  assert.equal(pagesByOwner(ALL, folios), [512, 5, 512]);
  assert.equal(pagesByOwner(ALL, []), [0, 0, 0]);
});

test.run();
