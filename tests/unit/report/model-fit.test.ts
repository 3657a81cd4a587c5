import * as assert from 'uvu/assert';
import { fitCounts, fitInWords, testFitInWords } from '../../../orchestrator/report/model-fit.js';
import type { ModelFit, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { record } from './sample.js';

const test = suite('report/model-fit');

const fit = (...fits: string[]): ModelFit => ({ steps: 3, fits, unfit: [] });
const none = (variant: string): ModelFit => ({ steps: 3, fits: [], best: { variant, steps: 2 }, unfit: [] });
const tests = (...models: (ModelFit | undefined)[]): TestRecord[] =>
  models.map((model, i) => record(`s/${i}`, 'pass', model === undefined ? {} : { model }));

test('the variant that explains every case is named, with the others that do', () => {
  assert.is(fitInWords(tests(fit('b', 'a'), fit('b'), undefined)), 'fits variant b in all 2 cases');
  assert.is(fitInWords(tests(fit('b', 'e1'))), 'fits variants b, e1 in its one case');
  assert.equal(fitCounts(tests(fit('b', 'a'), fit('b'))), [
    { variant: 'b', cases: 2 },
    { variant: 'a', cases: 1 },
  ]);
});

test('most is not all, and what fits nothing is counted', () => {
  const mixed = tests(fit('b'), fit('b', 'a'), fit('a'), none('b'));
  assert.is(fitInWords(mixed), 'fits variants b, a in 2 of 4 cases (1 fit no variant)');
  assert.is(fitInWords(tests(fit('b'), fit('b'), fit('a'))), 'fits variant b in 2 of 3 cases');
});

test('where nothing fits anywhere the nearest is named', () => {
  const words = fitInWords(tests(none('d2'), none('d2'), none('b')));
  assert.is(words, 'fits no variant of the model in 3 cases; nearest is d2');
});

test('where the model judged nothing there is nothing to say', () => {
  assert.is(fitInWords(tests(undefined)), undefined);
  assert.is(fitInWords([]), undefined);
});

test('one test: who foretold it, else who was nearest and which pages fit none', () => {
  assert.equal(testFitInWords(fit('b')), ['variant b: foretold all 3 steps']);
  assert.equal(testFitInWords({ ...fit('b', 'e1'), steps: 1 }), ['variants b, e1: foretold the one step']);
  const unfit = [{ step: 3, page: 300, fields: ['private', 'index'] }];
  assert.equal(testFitInWords({ ...none('b'), unfit }), [
    'no variant foretold every step',
    'nearest: variant b, 2 of 3 steps',
    'fits none: step 3, page 300: private, index',
  ]);
});

test.run();
