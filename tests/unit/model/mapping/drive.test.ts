import * as assert from 'uvu/assert';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { largeFails } from '../../../../orchestrator/model/mapping/drive.js';
import type { Core } from '../../../../orchestrator/model/mapping/core.js';
import { suite } from '../../../harness/suite.js';
import { fill, hugeOnDevice, map, migrate, play, read, step } from './user.js';

const test = suite('model/mapping/drive');

const COLLECTED = 1;
const COMPOUND = 2;
const WRITE = 4;
const HOLE = 8;
const MOVED = 16 + 32;

test('what is told of each destination: a page that was written, one that is another, a hole', () => {
  const machine = play([map(4), fill(0, 1)], undefined, 16);
  const { migrate: answer } = step(machine, migrate([0, 5], [2, 7]));
  assert.equal(answer, {
    cpages: 4,
    migrated: 2,
    src: [COLLECTED | WRITE | MOVED, COLLECTED | HOLE | MOVED],
  });
});

test('a huge page goes whole to a huge destination', () => {
  const machine = play([map(512, true), fill(0, 512)]);
  const { migrate: answer } = step(machine, migrate([0, 512, 9]));
  assert.equal([answer?.migrated, answer?.src], [512, [COLLECTED | COMPOUND | WRITE | MOVED]]);
});

test('destinations of a copy that failed are given back, nothing has moved', () => {
  const machine = play([map(4), fill(0, 1)], undefined, 16);
  const op = { ...migrate([0, 5]), abort: true } as UserOperation;
  const { migrate: answer, refs, callbacks } = step(machine, op);
  assert.equal([answer?.migrated, answer?.src, refs], [0, [COLLECTED | WRITE | 16], 0]);
  assert.equal(callbacks, [{ fn: 'folio_free', pfn: 5, order: 0 }]);
});

test('a fault on a PMD brings back the folio, by small pages where there is no large one', () => {
  for (const [fail, order] of [
    [0, 9],
    [1, 0],
  ] as const) {
    const machine = play([...hugeOnDevice, { op: 'knobs', failLarge: fail }]);
    const { callbacks } = step(machine, read(3));
    assert.equal([callbacks[0]?.fn, callbacks[0]?.order], ['migrate_to_ram', 9]);
    assert.equal([machine.user.pages('m')[3]?.kind, machine.user.pages('m')[3]?.order], ['ram', order]);
  }
});

test('as many large allocations fail as were asked for', () => {
  const core = { failLarge: 2 } as Core;
  assert.equal(
    [largeFails(core), largeFails(core), largeFails(core), core.failLarge],
    [true, true, false, 0],
  );
});

test.run();
