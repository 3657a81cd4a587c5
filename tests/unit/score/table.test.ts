import * as assert from 'uvu/assert';
import { renderScore } from '../../../orchestrator/score/table.js';
import { suite } from '../../harness/suite.js';
import { result } from './support.js';

const test = suite('score/table');
const context = {
  columns: 100,
  paint: (_shade: unknown, text: string) => text,
  record: 'results/score/mutants.json',
  runDirectory: 'results/runs/1',
  exitCode: 1,
};

test('a mutant has its place, both verdicts with the failure, and times', () => {
  const one = result('free-one-ref', {
    ours: { verdict: 'killed', test: 'mixed-order/S1', text: 'leak at step 2: refs', ms: 14_300 },
    testMs: 61_000,
  });
  const text = renderScore([one], context);
  assert.match(text, /^free-one-ref mm\/memremap\.c:7 killed \(default; build 1\.0 s, test 1 min 01 s\)$/m);
  assert.match(text, /^ {2}ours +killed after 14\.3 s by mixed-order\/S1: leak at step 2: refs$/m);
  assert.match(text, /^ {2}hmm-tests +survived$/m);
  assert.match(text, /^ {2}killed by our suites +1 of 1 \(100 %\)$/m);
  assert.match(text, /^ {2}killed by hmm-tests +0 of 1 \(0 %\)$/m);
  assert.match(text, /^ {2}neutral, green +none$/m);
  assert.match(text, /exit code 1\n$/);
  assert.not.match(text, 'not as expected');
});

test('a survivor says who should have seen it, and stands once more at the end', () => {
  const lives = result('lives', {
    ours: { verdict: 'survived' },
    standing: 'unexpected',
    reason: 'survived',
    seenBy: 'a scenario that is still to be written',
  });
  const text = renderScore([lives, result('same', { expect: 'neutral', sameAs: 'the base' })], context);
  assert.match(text, /^ {2}to be seen {2}a scenario that is still to be written$/m);
  assert.match(text, /^not as expected\n {2}lives: survived$/m);
  assert.match(text, /^ {2}same kernel as the base, not booted$/m);
});

test('a side that ran for none of them has no score', () => {
  const text = renderScore([result('x', { upstream: { verdict: 'not-run' } })], context);
  assert.match(text, /^ {2}hmm-tests +not run$/m);
  assert.match(text, /^ {2}killed by hmm-tests +not run$/m);
  assert.match(text, /^ {2}killed by our suites +1 of 1 \(100 %\)$/m);
  const green = result('y', { expect: 'neutral', ours: { verdict: 'survived' } });
  assert.match(renderScore([green], context), /^ {2}killed by hmm-tests +none$/m);
});

test('no line is wider than the terminal', () => {
  const long = result('x', { ours: { verdict: 'killed', test: 't', text: 'word '.repeat(100) } });
  for (const line of renderScore([long], { ...context, columns: 70 }).split('\n'))
    assert.ok(line.length <= 70, line);
});

test.run();
