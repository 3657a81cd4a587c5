import * as assert from 'uvu/assert';
import { sameSeries } from '../../../orchestrator/verdict/same-series.js';
import { suite } from '../../harness/suite.js';

const test = suite('verdict/same series');

const v1 = { title: 'mm: tidy', subjects: ['mm: a', 'mm: b', 'mm: c', 'mm: d'] };

test('the next version of a series is known by its title, however that is written', () => {
  assert.ok(sameSeries(v1, { title: ' MM:  tidy', subjects: [] }));
  assert.not.ok(sameSeries(v1, { title: 'mm: untidy', subjects: [] }));
});

test('or by half of its patches: a series without a cover letter is named after the first, and how many more', () => {
  const title = 'mm: a (and 2 more)';
  assert.ok(sameSeries(v1, { title, subjects: ['mm: A', 'mm: c', 'mm: new'] }));
  assert.not.ok(sameSeries(v1, { title, subjects: ['mm: a', 'x', 'y'] }));
  assert.not.ok(
    sameSeries(v1, { title, subjects: ['mm: a', 'mm: b', 'x', 'y', 'z'] }),
    'half of the longer one',
  );
  assert.not.ok(sameSeries({ title: 'a', subjects: [] }, { title: 'b', subjects: [] }));
});

test.run();
