import * as assert from 'uvu/assert';
import { percent } from '../../../orchestrator/bisect/percent.js';
import type { BisectRecord } from '../../../orchestrator/bisect/record.js';
import { renderBisect, shownPoints } from '../../../orchestrator/bisect/text.js';
import { painter } from '../../../orchestrator/report/colour.js';
import { widthOf } from '../../../orchestrator/report/width.js';
import { suite } from '../../harness/suite.js';
import { bisectRecord, pointOf } from './records.js';

const test = suite('bisect/text');
const context = { columns: 100, paint: painter(false), directory: 'results/bisects/x' };

function render(fields: Partial<BisectRecord> = {}): string {
  return renderBisect({ ...bisectRecord, ...fields }, context);
}

test('who it was and with what odds, a line a point, every check, the cost', () => {
  const text = render();
  assert.match(text, /^3\/4 brought it, with 99\.3 %\n/);
  assert.match(text, /comes in 9 of 31 runs where it should: 29\.0 %, with 95 % between 14\.2 % and 48\.0 %/);
  assert.match(text, /^ {2}base +10 +0 +\(<0\.1 %\) {2}mm: change 0$/m);
  assert.match(text, /^ {2}3\/4 +12 +4 +99\.3 % {2}<- mm: change 3$/m);
  assert.match(text, /^ {2}2\/4 .*\[cannot be tested: does not compile/m);
  assert.match(text, /cure +could not be done: git cannot take it back/);
  assert.match(text, /parent +pass: 0 matches in 14 runs \(asks for 14\), at 1\/4/);
  assert.match(text, /55 runs, 4 kernels built; 20 min 00 s/);
  assert.match(text, /wall is 1\.08 times/);
  for (const line of text.split('\n').slice(0, -5)) assert.ok(widthOf(line) <= 100, line);
});

test('keys that were taken for the same failure are told apart from the first', () => {
  const text = render({
    target: { test: 'mixed-order/F1', keys: ['hang: a', 'hang: b'], first: ['hang: a'] },
  });
  assert.match(text, /^ {2}hang: a \(/m);
  assert.match(text, /taken for the same failure, since the end that fails shows them in turn: hang: b$/m);
});

test('of options: the option, what moved with it, and no log for git', () => {
  const points = [
    pointOf(0, { label: 'nodebug', subject: '' }),
    pointOf(1, { label: 'CONFIG_DEBUG_VM=y', subject: '', match: 4, posterior: 0.99 }),
  ];
  const moved = ['CONFIG_DEBUG_VM=y', 'CONFIG_HIDDEN=y'];
  const text = render({ kind: 'config', points, culprits: [1], moved, gitBisectLog: '', replayIn: '' });
  assert.match(text, /^CONFIG_DEBUG_VM=y brought it, with 99\.3 %\n/);
  assert.match(text, /around it have otherwise: CONFIG_DEBUG_VM=y, CONFIG_HIDDEN=y$/m);
  assert.match(text, /^ {2}nodebug {11} {4}0 /m);
  assert.match(text, /^ {2}CONFIG_DEBUG_VM=y {5}4 +4 +99\.0 % {2}<-/m);
  assert.match(text, /^fragments of what lies between: results\/bisects\/x\/config$/m);
  assert.not.match(text, /bisect replay|mail\.txt/);
});

/** Verdicts and the words that they begin with. */
const VERDICTS: readonly (readonly [Partial<BisectRecord>, RegExp])[] = [
  [{ verdict: 'range', culprits: [2, 3] }, /^one of 2\/4, 3\/4 brought it, with 99\.3 %: no test can tell/],
  [{ verdict: 'undecided', culprits: [1, 3] }, /^undecided: the runs are used up; one of 1\/4, 3\/4/],
  [{ verdict: 'at both ends', culprits: [] }, /^pre-existing/],
  [{ verdict: 'at both ends', culprits: [], change: 'fixed' }, /^not fixed/],
  [
    { verdict: 'not reproduced', culprits: [], why: '40 runs, no match' },
    /^not reproduced at the new end\n.*40 runs/,
  ],
  [{ verdict: 'no difference', culprits: [] }, /^both ends are the same kernel/],
  [{ verdict: 'culprit', change: 'fixed' }, /^3\/4 ended it/],
];

for (const [fields, expected] of VERDICTS) {
  test(`${fields.verdict ?? ''} ${fields.change ?? ''}`, () => assert.match(render(fields), expected));
}

test('of a long history only what says something', () => {
  const points = Array.from({ length: 5000 }, (_, number) =>
    pointOf(number, number % 1000 === 0 ? { pass: 1 } : number === 7 ? { posterior: 0.2 } : {}),
  );
  assert.equal(
    shownPoints(points).map(({ number }) => number),
    [0, 7, 1000, 2000, 3000, 4000],
  );
  assert.match(render({ points, culprits: [7] }), /and 4994 that were not tested/);
});

test('shares that round to all or nothing', () => {
  assert.equal([0, 0.0004, 0.5, 0.9995, 1].map(percent), ['0 %', '<0.1 %', '50.0 %', '>99.9 %', '100.0 %']);
});

test.run();
