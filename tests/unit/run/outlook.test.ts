import * as assert from 'uvu/assert';
import { Outlook } from '../../../orchestrator/run/outlook.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/outlook');

function begin(expected: Partial<Record<'build' | 'test', number>>): {
  readonly outlook: Outlook;
  readonly said: string[];
  readonly pass: (ms: number) => void;
} {
  const said: string[] = [];
  let at = 1000;
  const line = {
    update: (text: string, detail = ''): void => void said.push([text, detail].filter(Boolean).join(', ')),
    done: (text: string): void => void said.push(text),
  };
  const outlook = new Outlook(
    2,
    'points',
    (work) => expected[work],
    line,
    () => at,
  );
  return { outlook, said, pass: (ms) => void (at += ms) };
}

test('says how much is done and how long the rest will take, and at the end how long it took', () => {
  const { outlook, said, pass } = begin({ build: 10_000, test: 40_000 });
  outlook.begin('build', 0);
  pass(10_000);
  outlook.end('build', 0);
  outlook.begin('test', 0);
  outlook.begin('build', 1);
  pass(41_000);
  outlook.end('build', 1);
  outlook.end('test', 0);
  outlook.begin('test', 1);
  pass(30_000);
  outlook.end('test', 1);
  outlook.close();
  assert.equal(said, [
    '1 of 2 points done, about 40 s to go',
    '2 of 2 points done',
    '2 of 2 points done in 1 min 21 s',
  ]);
});

test('where tests were never seen it only counts', () => {
  const { outlook, said } = begin({ build: 10_000 });
  outlook.end('build', 0);
  outlook.end('test', 0);
  outlook.close();
  assert.equal(said, ['1 of 2 points done', '1 of 2 points done in 0.0 s']);
});

test('what takes longer than before is said, with the least that is left', () => {
  const { outlook, said, pass } = begin({ build: 10_000, test: 200_000 });
  outlook.begin('build', 1);
  pass(11_000);
  outlook.end('test', 0);
  outlook.close();
  assert.is(said[0], '1 of 2 points done, longer than before, at least 4 min to go');
});

test.run();
