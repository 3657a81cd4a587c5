import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { quickRun, scratch } from './support/cli.js';
import { point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: patches that cannot be tested', {
  timeoutMs: 15 * MINUTE,
  fileTimeoutMs: 30 * MINUTE,
});

const dir = scratch('patch-faults');
test('a patch that does not apply: 125, named with git’s words, and the points before it have their verdict', async () => {
  const series = readFileSync(path.join(projectRoot(), 'tests/series/reinit-lost.mbox'), 'utf8');
  const mails = series.split(/^(?=From [0-9a-f]{40} )/m);
  assert.is(mails.length, 3);
  // A context line that no tree has.
  const broken = (mails[1] ?? '').replace(/^( .*\w.*;)$/m, '$1 /* not there */');
  assert.is.not(broken, mails[1]);
  const file = path.join(dir, 'does-not-apply.mbox');
  writeFileSync(file, [mails[0], broken, mails[2]].join(''));
  const { result, record } = await quickRun(file);
  assert.is(result.code, 125, result.stderr.slice(-2000));
  assert.is(point(record, 0).verdict, 'good', point(record, 0).reason);
  assert.is(point(record, 1).verdict, 'good', point(record, 1).reason);
  assert.is(point(record, 2).verdict, 'skip');
  assert.is(point(record, 2).build.status, 'not-applied');
  assert.match(point(record, 2).reason, /does not apply/);
  assert.match(point(record, 2).build.error ?? '', /memremap\.c/);
  assert.is(point(record, 3).build.status, 'not-run');
});

test('a patch that does not compile: 125, with the first error line', async () => {
  const { result, record } = await quickRun('tests/e2e/series/does-not-compile.mbox');
  assert.is(result.code, 125, result.stderr.slice(-2000));
  assert.is(point(record, 1).verdict, 'skip');
  assert.match(point(record, 1).reason, /does not compile.*mm\/memremap\.c:\d+:\d+: error:/);
});

test.run();
