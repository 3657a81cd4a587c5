import * as assert from 'uvu/assert';
import { layout73 } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { WRITERS_MAX } from '../../../../orchestrator/model/memory.js';
import { freshChunk, freshPages, reinitPages } from '../../../../orchestrator/model/steps/fresh.js';
import { writerNumber } from '../../../../orchestrator/model/writers.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP } from '../support.js';

const test = suite('model/steps/fresh');

test('a page made anew has one writer for all its bytes, who wrote no other page', () => {
  const k = new Kernel(
    { layout: layout73(), pages: 8, memmap: MEMMAP, pgmap: PGMAP },
    0xc000000000002000n,
    true,
  );
  freshPages(k, 0, 8);
  k.step = 5;
  reinitPages(k, 2, 1);
  for (let page = 0; page < 8; page += 1) {
    const stamps = new Set<number>();
    for (let byte = 0; byte < 64; byte += 1) stamps.add(k.mem.lastStamp(page, byte) as number);
    for (let bit = 0; bit < 64; bit += 1) stamps.add(k.mem.lastStamp(page, bit >> 3, bit & 7) as number);
    const anew = page === 2 || page === 3;
    assert.equal([...stamps], [anew ? 5 * WRITERS_MAX + writerNumber('reinit') : 0], `page ${page}`);
  }
});

test('a chunk made anew is as the first one was, and its writer is the step that made it', () => {
  const place = { layout: layout73(), pages: 8, memmap: MEMMAP, pgmap: PGMAP };
  const first = new Kernel(place, 0xc000000000002000n, false);
  freshChunk(first);
  const k = new Kernel(place, 0xc000000000002000n, true);
  for (const step of [3, 0]) {
    k.step = 7;
    reinitPages(k, 0, 3);
    k.mem.fill32(5, 1, 40, 1, k.by('reinit'));
    k.step = step;
    freshChunk(k);
    assert.equal(k.mem.words, first.mem.words);
    const stamps = [...(k.mem.stamps ?? []), ...k.mem.bitStamps];
    assert.equal([...new Set(stamps)], [step * WRITERS_MAX + writerNumber('fresh')], `step ${step}`);
  }
});

test('pages made anew have the pgmap of their device, wherever a run of them begins and ends', () => {
  const second = { first: 5, pgmap: PGMAP + 256n };
  const place = { layout: layout73(), pages: 8, memmap: MEMMAP, pgmap: PGMAP, second };
  const pgmaps = (page: number, count: number): bigint[] => {
    const k = new Kernel(place, 0xc000000000002000n, false);
    freshPages(k, page, count);
    return Array.from({ length: count }, (_, i) => k.mem.get64(page + i, 8) - PGMAP);
  };
  assert.equal(pgmaps(0, 8), [0n, 0n, 0n, 0n, 0n, 256n, 256n, 256n]);
  assert.equal(pgmaps(1, 4), [0n, 0n, 0n, 0n]);
  assert.equal(pgmaps(5, 2), [256n, 256n]);
  assert.equal(pgmaps(6, 1), [256n]);
});

test.run();
