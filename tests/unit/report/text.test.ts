import * as assert from 'uvu/assert';
import { painter } from '../../../orchestrator/report/colour.js';
import { Text } from '../../../orchestrator/report/text.js';
import { suite } from '../../harness/suite.js';

const test = suite('report/text');

test('a pair that is too long goes on below itself', () => {
  const out = new Text(30, painter(false));
  out.pair('name', 6, 'one two three four five six');
  out.text('plain');
  assert.is(out.toString(), '  name    one two three four\n          five six\n  plain\n');
});

test('a section follows an empty line, no line ends in blanks', () => {
  const out = new Text(40, painter(false));
  out.section('head');
  out.pair('', 4, '');
  assert.is(out.toString(), '\nhead\n\n');
});

test('what comes from outside cannot steer the terminal', () => {
  const out = new Text(80, painter(true));
  out.text('a\u001b[2Jb', 0, 'bad');
  assert.is(out.toString(), '\u001b[31ma\\x1b[2Jb\u001b[39m\n');
});

test.run();
