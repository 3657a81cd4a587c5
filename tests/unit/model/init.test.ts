import * as assert from 'uvu/assert';
import { VARIANT_B, layout73 } from '../../../orchestrator/model/index.js';
import { initFolio, setLargeRmappable } from '../../../orchestrator/model/init.js';
import { RoleMap } from '../../../orchestrator/model/roles.js';
import { suite } from '../../harness/suite.js';
import { freshKernel, trapOf } from './support.js';

const test = suite('model/init');

test('a large folio is rmappable where it is asked for; one of order 0 never; the lock is kept', () => {
  for (const [order, rmappable, flag] of [
    [0, true, false],
    [1, true, true],
    [1, false, false],
  ] as const) {
    const k = freshKernel();
    const roles = new RoleMap(16);
    initFolio(k, roles, VARIANT_B, { pfn: 4, order, rmappable });
    assert.equal([k.flag(5, 'PG_workingset'), k.flag(4, 'PG_locked')], [flag, true], `order ${order}`);
    assert.is(roles.role(5), order === 0 ? 'fresh' : 'tail1');
  }
});

test('page 1 of a folio without PG_head is a BUG where DEBUG_VM_PGFLAGS is set, else marked', () => {
  assert.is(trapOf(() => setLargeRmappable(freshKernel(), 4))?.splat.line, 'include/linux/page-flags.h:355');
  const quiet = freshKernel(16, layout73('mask', { DEBUG_VM_PGFLAGS: false }));
  setLargeRmappable(quiet, 4);
  assert.equal([quiet.flag(4, 'PG_workingset'), quiet.flag(5, 'PG_workingset')], [false, true]);
});

test.run();
