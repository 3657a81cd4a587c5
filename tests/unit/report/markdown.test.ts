import * as assert from 'uvu/assert';
import { markdown } from '../../../orchestrator/report/markdown.js';
import { suite } from '../../harness/suite.js';
import { context, golden, hostile, RECORDED, recorded } from './recorded.js';
import { fullRun } from './sample.js';

const test = suite('report/markdown');

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    golden(`tests/fixtures/formats/${name}.md`, markdown.render(recorded(name), context));
  });
}

test('what comes from outside is no markup, no mention and no cell', () => {
  const text = markdown.render(hostile(), context);
  // In the fence is the command, on one line that begins with it.
  const [before = '', fence = '', after = ''] = text.split('```');
  assert.match(fence, /^sh\n\S[^\n]*\n$/);
  assert.is(after.trim(), '');
  assert.not.match(before, '<script');
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  for (const row of rows) assert.is(row.split('|').length, 8, row);
});

test('what somebody excused is listed with what was said', () => {
  const { run } = fullRun();
  const text = markdown.render({ run, events: [] }, context);
  assert.match(text, '### Looked at and excused: 1\n\n- Patch 2: mixed-order/A2/9&#64;0,0&#64;1');
  assert.match(text, 'unrelated, fails on the base under load too, see the thread');
});

test('a subject keeps its characters for a reader', () => {
  const told = recorded('introduced');
  const points = told.run.points.map((point) => ({
    ...point,
    subject: 'a|b *c* @d #12 [e](http://f) `g` _h_ i_j',
  }));
  const text = markdown.render({ ...told, run: { ...told.run, points } }, context);
  assert.not.match(text, /@d|(?<!&)#12|\*c\*|\[e\]|http:\/\/f|`g`|_h_/);
  assert.match(text, 'a&#124;b &#42;c&#42; &#64;d &#35;12');
  assert.match(text, 'i_j');
});

test.run();
