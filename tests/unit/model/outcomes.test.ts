import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_B, layout73 } from '../../../orchestrator/model/index.js';
import type { Operation, Variant } from '../../../orchestrator/model/index.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { outcome } from './outcome.js';
import { SEQUENCES } from './sequences.js';
import { init, place, run } from './support.js';

/** Every variant on every sequence that separates them, with and without the checks of DEBUG_VM, both tail encodings. */
const test = suite('model/outcomes');

const QUIET = { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false };
const ENCODINGS = ['mask', 'pointer'] as const;

/** A chunk that holds what a sequence makes, and the page after it, which some variants write. */
function pagesFor(ops: readonly Operation[]): number {
  const ends = ops.map((op) =>
    op.op === 'init' ? op.pfn + 2 ** op.order : op.op === 'poke' ? op.pfn + 1 : 0,
  );
  return Math.max(...ends) + 1;
}

/** `S1 a: …` and, where a kernel without DEBUG_VM shows something else, `S1 a nodebug: …`. */
function table(encoding: (typeof ENCODINGS)[number]): string[] {
  const loud = layout73(encoding);
  const quiet = layout73(encoding, QUIET);
  return Object.entries(SEQUENCES).flatMap(([name, ops]) =>
    Object.values(VARIANTS).flatMap((variant) => {
      const checked = outcome(variant, ops, place(pagesFor(ops), loud)) || 'clean';
      const unchecked = outcome(variant, ops, place(pagesFor(ops), quiet)) || 'clean';
      const first = `${name} ${variant.id}: ${checked}`;
      return checked === unchecked ? [first] : [first, `${name} ${variant.id} nodebug: ${unchecked}`];
    }),
  );
}

for (const encoding of ENCODINGS)
  test(`the table of outcomes, tails hold a ${encoding}`, () => {
    const file = path.join(projectRoot(), 'tests', 'fixtures', 'model', 'outcomes.txt');
    const wanted = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.equal(table(encoding), wanted);
  });

/** What the byte rules say of each variant without looking at a single byte: the sequences it is clean on. */
const CLEAN: Readonly<Record<string, string>> = {
  b: 'S1 S2 S2b S2f S3 S5 S6 S11',
  nomemcg: 'S1 S5 S6 S11',
  e1: 'S1 S2 S2b S2f S3 S5 S6 S9 S11',
  e2: 'S1 S2 S2b S2f S3 S5 S6 S7 S9 S10 S11',
  z: 'S1 S2 S2b S2f S5 S6 S9 S11',
  p4: 'S1 S2 S2b S2f S3 S5 S6 S11',
  a: 'S6 S11',
};

/** Leaks that count as clean: of 7.3's own, and what a variant is known for. */
const EXCUSED: Readonly<Record<string, RegExp>> = {
  z: /\.(?:PG_reserved|index)$/,
  p4: /^folio_free$/,
};
const LEAKS = /\.(?:PG_workingset|zone_device_data)$/;

test('the clean cells of the table', () => {
  for (const [id, names] of Object.entries(CLEAN)) {
    const variant = VARIANTS[id];
    assert.ok(variant, id);
    for (const name of names.split(' ')) {
      const ops = SEQUENCES[name] ?? [];
      const told = outcome(variant, ops, place(pagesFor(ops)))
        .split('; ')
        .join(' ');
      const words = told.split(' ').filter((word) => word !== '' && !/^\d+:$/.test(word));
      const left = words.filter((word) => !LEAKS.test(word) && !(EXCUSED[id]?.test(word) ?? false));
      assert.equal(left, [], `${name} ${id}`);
    }
  }
});

test('on fresh pages the variants that are no sketch make the same folio; z without PG_reserved of the head', () => {
  for (const order of [0, 1, 2, 4]) {
    const ops = [init(`${order}@16`)];
    const want = run(VARIANT_B, ops, place(64)).machine.bytes;
    for (const id of ['a', 'e1', 'e2', 'z', 'p4', 'r', 'nomemcg']) {
      const { machine } = run(VARIANTS[id] as Variant, ops, place(64));
      const have = machine.bytes.slice();
      if (id === 'z') have[16 * 64 + 1] = (have[16 * 64 + 1] ?? 0) | 0x20;
      assert.equal([...have], [...want], `${id} at order ${order}`);
    }
  }
});

test.run();
