import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { BisectEvent } from '../../orchestrator/bisect/events.js';
import { BisectRecord } from '../../orchestrator/bisect/record.js';
import { readLines } from '../../orchestrator/store/journal.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';

const MINUTE = 60_000;
const test = suite('e2e: bisect', { timeoutMs: 15 * MINUTE, fileTimeoutMs: 30 * MINUTE });

/** The first two patches of reinit-lost: a comment, and the re-initialisation taken out. Their kernels are those of that test. */
function seriesFile(): string {
  const file = path.join(scratch('bisect-series'), 'reinit-lost.mbox');
  const whole = readFileSync(path.join(projectRoot(), 'tests/series/reinit-lost.mbox'), 'utf8');
  const mails = whole.split(/^(?=From [0-9a-f]{40} )/m);
  writeFileSync(file, mails.slice(0, 2).join('').replaceAll('/3]', '/2]'));
  return file;
}

test('a bisect that is killed and gone on with names the patch, and repeats no run', async () => {
  const out = path.join(scratch('bisect'), 'out');
  const killed = await ci(['bisect', seriesFile(), '--test', 'mixed-order/S1', '--out', out], {
    onTalk: (talk, kill) => {
      if (/new end: .* 2 matches in 2 runs/.test(talk)) kill('SIGKILL');
    },
  });
  assert.is(killed.signal, 'SIGKILL', killed.stderr.slice(-2000));
  const journal = path.join(out, 'bisect.jsonl');
  const before = readLines(journal, BisectEvent).filter(({ type }) => type === 'run');
  assert.ok(before.length >= 2);

  const result = await ci(['bisect', '--resume', out, '--json']);
  assert.is(result.code, 0, result.stderr.slice(-3000));
  const record = BisectRecord.parse(JSON.parse(result.stdout));
  assert.is(record.verdict, 'culprit');
  assert.equal(record.culprits, [2]);
  assert.equal(
    record.checks.map(({ name, result: said }) => `${name} ${said}`),
    ['culprit pass', 'parent pass', 'cure pass', 'no-op pass'],
  );
  assert.is(record.points[1]?.kernelSignature, record.points[0]?.kernelSignature);
  const after = readLines(journal, BisectEvent).filter(({ type }) => type === 'run');
  assert.equal(after.slice(0, before.length), before);
  assert.is(record.cost.runs, after.length);
  const counted = record.points.reduce(
    (sum, { match, pass, other, infra }) => sum + match + pass + other + infra,
    0,
  );
  assert.is(counted, after.length);

  const mail = readFileSync(path.join(out, 'mail.txt'), 'utf8');
  assert.match(mail, /This change makes mixed-order\/S1 fail:/);
  assert.match(mail, /written in step 1/);
  assert.match(
    readFileSync(path.join(out, 'git-bisect.log'), 'utf8'),
    /# first bad commit: \[[0-9a-f]{40}\]/,
  );
});

test('usage', async () => {
  for (const [argv, words] of [
    [['bisect'], /nothing to bisect/],
    [['bisect', 'a', 'b', 'c'], /one SERIES or two commits/],
    [['bisect', 'tests/series/reinit-lost.mbox', '--test', 'nothing/like/this'], /matches no test/],
    [['bisect', 'tests/series/reinit-lost.mbox', '--suite', 'random'], /draws its tests/],
    [['bisect', '--resume', 'tests'], /no directory of a bisect/],
  ] as const) {
    const result = await ci([...argv]);
    assert.is(result.code, 129, `${argv.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, words);
  }
});

test.run();
