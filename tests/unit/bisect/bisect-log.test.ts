import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { summaryOf } from '../../../orchestrator/bisect/summary.js';
import type { BisectRecord } from '../../../orchestrator/bisect/record.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { ownCache, userGit } from '../series/fake-tree.js';
import { bisectGraph } from './fake-lab.js';
import type { Bisected } from './fake-lab.js';
import { bisectOptions } from './records.js';

const test = suite('bisect/bisect-log', { timeoutMs: 60_000, fileTimeoutMs: 180_000 });
ownCache();

function recordOf({ answer, known, ground, events }: Bisected, fix = false): BisectRecord {
  return summaryOf(answer, known, {
    id: 'id',
    ground,
    options: { ...bisectOptions, fix },
    machine: { name: 'x86_64', qemuVersion: 'QEMU 10', accelerator: 'tcg' },
    events,
    processors: 2,
    now: 0,
  });
}

/** What git says about a log. */
function replay(record: BisectRecord): string {
  const file = join(scratchDir('log'), 'bisect.log');
  writeFileSync(file, record.gitBisectLog);
  try {
    return userGit(record.replayIn, 'bisect', 'replay', file);
  } catch (error) {
    // Exit code 2: only skipped commits are left.
    return String((error as { stdout?: unknown }).stdout);
  }
}

test('git replays it and names the same commit, on a history with merges', async () => {
  const graph = 'a, b: a, x: a, bad-50: x, y: bad-50, c: b, m: c y, n: m, o: n';
  const found = await bisectGraph(graph, { seed: 3 });
  const record = recordOf(found);
  const culprit = found.ground.history.commits[found.answer.commits[0] ?? -1]?.id ?? '';
  assert.match(replay(record), new RegExp(`${culprit} is the first bad commit`));
  assert.match(record.gitBisectLog, new RegExp(`# first bad commit: \\[${culprit}\\] bad-50`));
});

test('with the terms of a fix', async () => {
  const found = await bisectGraph('bad, b: bad, good: b, d: good, e: d', { change: 'fixed' });
  assert.match(replay(recordOf(found, true)), /is the first fixed commit/);
});

test('what cannot be tested is skipped, and git has the same range', async () => {
  const found = await bisectGraph('a, b: a, skip1: b, skip-bad: skip1, bad: skip-bad, f: bad');
  const record = recordOf(found);
  assert.match(replay(record), /only 'skip'ped commits left/);
  assert.not.match(record.gitBisectLog, /first bad commit/);
  for (const name of found.named)
    if (name.startsWith('skip')) assert.match(record.gitBisectLog, new RegExp(`# skip: \\[\\w+\\] ${name}`));
});

test.run();
