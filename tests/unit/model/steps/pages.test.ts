import * as assert from 'uvu/assert';
import { layout73 } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { clearCheckedFlags } from '../../../../orchestrator/model/steps/pages.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP } from '../support.js';

const test = suite('model/steps/pages');

test('PAGE_FLAGS_CHECK_AT_PREP is cleared in every page of the folio, and nothing else', () => {
  const place = { layout: layout73(), pages: 8, memmap: MEMMAP, pgmap: PGMAP };
  for (const order of [0, 1, 2]) {
    const k = new Kernel(place, 0xc000000000002000n, false);
    k.mem.fill64(0, 8, 0, 0xffffffff, 0xc0000000, 0);
    clearCheckedFlags(k, 2, order);
    for (let page = 0; page < 8; page += 1) {
      const inside = page >= 2 && page < 2 + 2 ** order;
      assert.is(k.mem.get64(page, 0), inside ? 0xc0000000ffe00000n : 0xc0000000ffffffffn, `page ${page}`);
    }
  }
});

test.run();
