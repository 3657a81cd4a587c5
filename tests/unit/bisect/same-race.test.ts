import * as assert from 'uvu/assert';
import { keysOfSameRace, type EndRuns } from '../../../orchestrator/bisect/same-race.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/same-race');
const target = { test: 'suite/test', keys: ['hang: a'] };

/** `3 hang: a, 2 hang: b, 5 pass`. */
function runs(text: string, id = 'suite/test'): EndRuns {
  return text.split(', ').flatMap((part) => {
    const [, count = '0', key = ''] = /^(\d+) (.*)$/.exec(part) ?? [];
    const failed = key === 'pass' ? [] : [{ test: id, keys: [key] }];
    return Array.from({ length: Number(count) }, () => ({ failed, ran: 1 }));
  });
}

/** Name, the end that fails, the other one, keys that are taken for the same. */
const CASES: readonly (readonly [string, EndRuns, EndRuns, readonly string[]])[] = [
  ['nothing else', runs('3 hang: a, 2 pass'), runs('10 pass'), []],
  [
    'two others in turn',
    runs('3 hang: a, 4 hang: b, 5 hang: c, 2 pass'),
    runs('10 pass'),
    ['hang: c', 'hang: b'],
  ],
  ['the other end is not known yet', runs('1 hang: a, 3 hang: b'), [], ['hang: b']],
  ['it came once', runs('3 hang: a, 1 hang: b'), runs('10 pass'), []],
  ['noise: twice in forty', runs('3 hang: a, 2 hang: b, 35 pass'), runs('10 pass'), []],
  ['it was there before', runs('3 hang: a, 4 hang: b'), runs('4 hang: b, 6 pass'), []],
  [
    'it is often there and hardly ever before',
    runs('5 hang: a, 15 hang: b'),
    runs('1 hang: b, 39 pass'),
    ['hang: b'],
  ],
  ['nothing ran', [{ failed: [], ran: 0 }], [], []],
];

for (const [name, failing, clean, expected] of CASES)
  test(name, () => assert.equal(keysOfSameRace(target, failing, clean), expected));

test('what another test shows is another failure', () => {
  const failing = [...runs('3 hang: a'), ...runs('5 hang: b', 'suite/other')];
  assert.equal(keysOfSameRace(target, failing, runs('10 pass')), []);
});

test('a run that shows the first failure, too, is counted as that', () => {
  const both = { failed: [{ test: 'suite/test', keys: ['splat: x', 'hang: a'] }], ran: 1 };
  assert.equal(keysOfSameRace(target, [both, both, both, both], []), []);
});

test.run();
