import * as assert from 'uvu/assert';
import { layout73 } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { WRITERS_MAX } from '../../../../orchestrator/model/memory.js';
import { freshPages, reinitPages } from '../../../../orchestrator/model/steps/fresh.js';
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

test.run();
