import * as assert from 'uvu/assert';
import {
  VARIANT_A,
  VARIANT_B,
  VARIANT_R,
  VARIANT_W,
  layout73,
} from '../../../../orchestrator/model/index.js';
import { explore } from '../../../../orchestrator/model/explore/explore.js';
import { placeOf } from '../../../../orchestrator/model/explore/search.js';
import { UNIVERSES } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/explore');

const { tiny, large } = UNIVERSES;

test('the tiny universe is searched to its end', () => {
  const found = explore(tiny, 100, VARIANT_B);
  assert.ok(found.closed);
  assert.equal(explore(tiny, found.statesAt.length + 5, VARIANT_B), {
    ...found,
    depth: found.statesAt.length + 5,
  });
  assert.equal(found.stops, {});
  assert.not.ok(explore(tiny, 3, VARIANT_B).closed);
});

test('variant a stops in the large universe where a head is made of a dead tail', () => {
  const found = explore(large, 3, VARIANT_A);
  assert.equal(Object.keys(found.stops), ['include/linux/page-flags.h:345']);
  assert.equal(explore(large, 3, VARIANT_B).stops, {});
});

test('what steps end in, and what they warn of, by the line of the kernel', () => {
  assert.equal(explore(tiny, 1, VARIANT_R).warnings, { 'include/linux/mm.h:1818': 7 }, 'each init once');
  const hangs = explore({ ...tiny, hold: true }, 4, VARIANT_A).stops;
  assert.ok((hangs['mm/memremap.c:524'] ?? 0) > 0);
  const unchecked = {
    ...placeOf(tiny),
    layout: layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }),
  };
  assert.equal(explore(tiny, 2, VARIANT_W, unchecked).stops, { 'mm/folio.c:93': 7 }, 'each free');
});

test.run();
