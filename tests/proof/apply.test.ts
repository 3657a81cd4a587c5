import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { managedSource } from '../../orchestrator/kernel/managed-source.js';
import { applySeries } from '../../orchestrator/series/apply.js';
import { openClone } from '../../orchestrator/series/clone.js';
import { readSeries } from '../../orchestrator/series/read.js';
import { DEFAULT_SOURCE } from '../../orchestrator/run/options.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { applyWithWholeIndex } from '../harness/whole-tree.js';

const MINUTE = 60_000;
const FOLDERS = ['series', 'variants', 'findings', 'mutants'];
const test = suite('proof: series on a real kernel', { timeoutMs: 20 * MINUTE, fileTimeoutMs: 60 * MINUTE });

for (const folder of FOLDERS) {
  test(`the commits of tests/${folder} are those that an index of the whole tree gives`, async () => {
    const source = await managedSource({ want: DEFAULT_SOURCE, progress: () => undefined });
    const clone = await openClone(source.gitDir);
    const dir = path.join(projectRoot(), 'tests', folder);
    let points = 0;
    for (const name of readdirSync(dir).filter((it) => /\.(?:mbox|patch)$/.test(it))) {
      const series = await readSeries(path.join(dir, name));
      const outcome = await applySeries(clone, { commit: source.head }, series);
      assert.equal(outcome, await applyWithWholeIndex(clone.gitDir, source.head, series), name);
      points += outcome.points.length;
    }
    assert.ok(points > 0);
  });
}

test.run();
