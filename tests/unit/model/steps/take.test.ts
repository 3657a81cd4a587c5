import * as assert from 'uvu/assert';
import { layout73 } from '../../../../orchestrator/model/index.js';
import { Kernel } from '../../../../orchestrator/model/kernel.js';
import { freshPages } from '../../../../orchestrator/model/steps/fresh.js';
import { lockPage } from '../../../../orchestrator/model/steps/take.js';
import { Trap } from '../../../../orchestrator/model/traps.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP } from '../support.js';

const test = suite('model/steps/take');

/** Page 5 names page 4, which is a tail itself. */
function kernel(config: Readonly<Record<string, boolean>>): Kernel {
  const layout = layout73('pointer', config);
  const k = new Kernel({ layout, pages: 8, memmap: MEMMAP, pgmap: PGMAP }, 0xc000000000002000n, false);
  freshPages(k, 0, 8);
  const tailOf = (head: number): bigint => MEMMAP + BigInt(head * 64) + 1n;
  k.mem.view.setBigUint64(5 * 64 + 8, tailOf(4), true);
  k.mem.view.setBigUint64(4 * 64 + 8, tailOf(0), true);
  return k;
}

test('a lock that a tail names in another tail is a BUG where DEBUG_VM_PGFLAGS is set, else taken', () => {
  let trap: unknown;
  try {
    lockPage(kernel({}), 5, 0);
  } catch (error) {
    trap = error;
  }
  assert.ok(trap instanceof Trap);
  assert.is(trap.splat.line, 'include/linux/page-flags.h:354');
  const quiet = kernel({ DEBUG_VM_PGFLAGS: false });
  lockPage(quiet, 5, 0);
  assert.equal(
    [0, 4, 5].map((page) => quiet.flag(page, 'PG_locked')),
    [false, true, false],
  );
});

test.run();
