import * as assert from 'uvu/assert';
import { Machine, Oracle } from '../../../orchestrator/model/index.js';
import type { Deviation, Operation, Variant } from '../../../orchestrator/model/index.js';
import { LIKELY_VARIANTS } from '../../../orchestrator/model/variants.js';
import { suite } from '../../harness/suite.js';
import { SEQUENCES } from './sequences.js';
import { place } from './support.js';

const test = suite('model/ruled-out');

/** What a failure is told by, and a known issue; last, who wrote the bytes. */
type Judged = readonly [Deviation['kind'], string, ...(string | number | undefined)[]];

/** Plays `kernel` as the guest, in a case that begins when other cases have ruled out some variants. */
function deviations(
  kernel: Variant,
  ops: readonly Operation[],
  ruledOut: ReadonlySet<string>,
): readonly Judged[] {
  const where = place(1024);
  const guest = new Machine(kernel, where);
  const oracle = new Oracle(where, guest.bytes, LIKELY_VARIANTS, ruledOut);
  const found: Judged[] = [];
  for (const [i, op] of ops.entries()) {
    const { refs, callbacks } = guest.apply(op, i + 1);
    if (guest.stopped) break;
    const seen = { bytes: guest.bytes, refs, callbacks };
    for (const { kind, field, mask, transition, page, writer } of oracle.observe(op, i + 1, seen).deviations)
      found.push([kind, field, mask, transition, page, writer?.fn, writer?.step]);
  }
  return found;
}

const [, ...others] = LIKELY_VARIANTS.map(({ id }) => id);

for (const kernel of LIKELY_VARIANTS) {
  test(`deviations of a kernel of variant ${kernel.id} are the same whatever other cases have ruled out`, () => {
    for (const [name, ops] of Object.entries(SEQUENCES)) {
      const all = deviations(kernel, ops, new Set());
      assert.equal(deviations(kernel, ops, new Set(others)), all, name);
      // Another variant may explain a step as well, and tells then who wrote what.
      const told = (judged: readonly Judged[]): readonly Judged[] =>
        judged.map(([kind, field, mask, transition, page]) => [kind, field, mask, transition, page]);
      assert.equal(told(deviations(kernel, ops, new Set([kernel.id]))), told(all), name);
    }
  });
}

test.run();
