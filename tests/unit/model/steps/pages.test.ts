import * as assert from 'uvu/assert';
import { layout73, parseLayout } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { freshPages } from '../../../../orchestrator/model/steps/fresh.js';
import {
  clearCheckedFlags,
  preparePgmap,
  setPgmap,
  warnInUse,
} from '../../../../orchestrator/model/steps/pages.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP, movedLayoutJson } from '../support.js';

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

test('a page that has lost its zone is warned of, also where zone and flags word lie elsewhere', () => {
  const json = movedLayoutJson();
  Object.assign(json['consts'] as object, { zones_shift: 29, zones_width: 3 });
  const place = { layout: parseLayout(json), pages: 8, memmap: MEMMAP, pgmap: PGMAP };
  for (const [flags, lines] of [
    [0x60000000, []],
    [0x7fffffff, []],
    [0x1fffffff, ['mm/memremap.c:515']],
    [0x20000000, ['mm/memremap.c:515']],
    [0xe0000000, ['mm/memremap.c:515']],
  ] as const)
    for (const page of [3, 4, 5, 6]) {
      const k = new Kernel(place, 0x60000000n, false);
      freshPages(k, 0, 8);
      k.mem.fill64(page, 1, 8, flags, 0, 0);
      warnInUse(k, 4, 1);
      const inside = page === 4 || page === 5;
      assert.equal(
        k.warnings.map(({ line }) => line),
        inside ? lines : [],
        `page ${page} ${flags.toString(16)}`,
      );
    }
});

test('an init gives its pages the pgmap of the device that they are of', () => {
  const second = { first: 4, pgmap: PGMAP + 256n };
  const place = { layout: layout73(), pages: 8, memmap: MEMMAP, pgmap: PGMAP, second };
  for (const step of [setPgmap, preparePgmap])
    for (const [page, wanted] of [
      [2, PGMAP],
      [4, PGMAP + 256n],
    ] as const) {
      const k = new Kernel(place, 0xc000000000002000n, false);
      step(k, page, 1);
      assert.equal([k.mem.get64(page, 8), k.mem.get64(page + 1, 8)], [wanted, wanted]);
    }
});

test.run();
