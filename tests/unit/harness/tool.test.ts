import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { tool } from '../../harness/tool.js';

const test = suite('harness/tool');

test('a program that is there is found', () => {
  assert.match(tool('sh', 'dash  sh  a shell\n'), /\/sh$/);
});

test('one that is missing fails the test, with the package to install', () => {
  const list = 'other  there  x\nno-such-package  no-such-program  y\n';
  assert.throws(() => tool('no-such-program', list), /is not installed: .* no-such-package$/);
});

test('one that nothing installs is an error of the test', () => {
  assert.throws(() => tool('sh', 'dash  ash  a shell\n'), /no package of tests\/debian-packages\.txt has sh/);
});

test.run();
