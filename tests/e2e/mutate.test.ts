import path from 'node:path';
import * as assert from 'uvu/assert';
import { readScore } from '../../orchestrator/score/record.js';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';

const MINUTE = 60_000;
const test = suite('e2e: mutants of the kernel', { timeoutMs: 20 * MINUTE, fileTimeoutMs: 25 * MINUTE });

test('one is killed by what it breaks, one that changes a comment is not booted', async () => {
  const dir = scratch('mutate');
  const record = path.join(dir, 'mutants.json');
  const argv = ['mutate', 'free-one-ref', 'init-comment', '--suite', 'mixed-order', '--json'];
  const done = await ci([...argv, '--record', record, '--out', path.join(dir, 'run')]);
  assert.is(done.code, 0, done.stderr.slice(-3000));
  const { score, results } = JSON.parse(done.stdout) as {
    score: unknown;
    results: Awaited<ReturnType<typeof readScore>>;
  };
  assert.equal(score, {
    ours: { k: 1, n: 1 },
    // --suite leaves hmm-tests out: no mutant that they did not see, but none that they were asked about.
    upstream: { k: 0, n: 0 },
    neutral: { k: 1, n: 1 },
    equivalent: { k: 0, n: 0 },
  });
  const [killed, neutral] = results;
  assert.ok(killed?.ours.verdict === 'killed');
  assert.is(killed.ours.kind, 'leak', killed.ours.text);
  assert.match(killed.ours.test ?? '', /^mixed-order\//);
  assert.is(killed.upstream.verdict, 'not-run');
  assert.equal([neutral?.ours.verdict, neutral?.sameAs], ['survived', 'the base']);
  assert.equal(await readScore(record), results, 'what is kept is what was shown');
});

test('a name that is none, and a file that is wrong, are usage errors before anything is built', async () => {
  const done = await ci(['mutate', 'free-one-reff']);
  assert.is(done.code, 129);
  assert.match(done.stderr, 'did you mean "free-one-ref"?');
});

test.run();
