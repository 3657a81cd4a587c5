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

function trapOf(k: Kernel, page: number): Trap | undefined {
  try {
    lockPage(k, page, 0);
  } catch (error) {
    if (error instanceof Trap) return error;
    throw error;
  }
  return undefined;
}

test('a lock that is held is waited for for ever, whatever the options', () => {
  for (const config of [{}, { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }]) {
    const k = kernel(config);
    lockPage(k, 6, 0);
    const trap = trapOf(k, 6);
    assert.equal([trap?.kind, trap?.splat.config], ['hang', 'any']);
    assert.equal(
      [5, 6, 7].map((page) => k.flag(page, 'PG_waiters')),
      [false, true, false],
    );
  }
});

test('a lock that a tail names in another tail is a BUG where DEBUG_VM_PGFLAGS is set, else taken', () => {
  assert.is(trapOf(kernel({}), 5)?.splat.line, 'include/linux/page-flags.h:354');
  const quiet = kernel({ DEBUG_VM_PGFLAGS: false });
  lockPage(quiet, 5, 0);
  assert.equal(
    [0, 4, 5].map((page) => quiet.flag(page, 'PG_locked')),
    [false, true, false],
  );
});

test.run();
