import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { mergeResults, readScore, writeScore } from '../../../orchestrator/score/record.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { result } from './support.js';

const test = suite('score/record');

test('a new result takes the place of the old one of the same mutant and profile', () => {
  const merged = mergeResults(
    [result('b', { line: 1 }), result('a', { line: 1 }), result('a', { line: 1, profile: 'kasan' })],
    [result('a', { line: 2 })],
  );
  assert.equal(
    merged.map(({ name, profile, line }) => `${name} ${profile} ${line}`),
    ['a default 2', 'a kasan 1', 'b default 1'],
  );
});

test('what did not finish takes the place of nothing that did, unless the kernel is another', () => {
  const [done, cut] = [result('a'), result('a', { standing: 'infra' })];
  assert.is(mergeResults([done], [cut])[0]?.standing, 'as-expected');
  assert.is(mergeResults([cut], [done])[0]?.standing, 'as-expected');
  assert.is(mergeResults([done], [{ ...cut, kernelSignature: 'k2' }])[0]?.standing, 'infra');
  assert.is(mergeResults([done], [result('a', { standing: 'unexpected' })])[0]?.standing, 'unexpected');
});

test('what was stopped before it had a kernel leaves what is known; a mutant that no longer compiles does not', () => {
  const done = result('a', { kernelSignature: 'k1' });
  const { kernelSignature: _none, ...rest } = done;
  assert.is(mergeResults([done], [{ ...rest, standing: 'infra' }])[0]?.standing, 'as-expected');
  assert.is(mergeResults([done], [{ ...rest, standing: 'cannot-tell' }])[0]?.standing, 'cannot-tell');
});

test('what is written is read again; a file that is none is no results', async () => {
  const file = path.join(scratchDir(), 'score', 'mutants.json');
  assert.equal(await readScore(file), []);
  const results = [result('a'), result('b', { sameAs: 'the base', testMs: 3, reason: 'r', why: 'w' })];
  await writeScore(file, results);
  assert.equal(await readScore(file), results);
  await writeFile(file, '{"schemaVersion": 2}');
  assert.equal(await readScore(file), []);
});

test.run();
