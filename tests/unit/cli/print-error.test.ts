import * as assert from 'uvu/assert';
import { describeError } from '../../../orchestrator/cli/print-error.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/print-error');

test('says whose fault, where, what was awaited and what to do', () => {
  const error = new CiError('boot', 'the kernel printed nothing', {
    awaited: 'the first line on the console',
    waitedMs: 20_000,
    lastConsoleLine: 'Linux version 7.3.4',
    detail: 'one\ntwo',
    remedy: 'Check the config.',
  });
  const text = describeError(error, false);
  assert.is(
    text,
    [
      'ci: boot: the kernel printed nothing',
      '    waited for 20.0 s for the first line on the console',
      '    last console line: Linux version 7.3.4',
      '    | one',
      '    | two',
      '    Check the config.',
      '',
    ].join('\n'),
  );
});

test('says where once, also where the message begins with it', () => {
  const where = 'a.yaml:2:3';
  const told = (message: string): string => describeError(new CiError('usage', message, { where }), false);
  assert.is(told('unknown key'), 'ci: usage: a.yaml:2:3: unknown key\n');
  assert.is(told('a.yaml:2:3: unknown key'), 'ci: usage: a.yaml:2:3: unknown key\n');
});

test('an error that is not ours is a bug of ours, with its stack', () => {
  const text = describeError(new TypeError('x is not a function'), false);
  assert.match(text, /internal error: TypeError: x is not a function/);
  assert.match(text, /bug in ci/);
});

test('text from a patch cannot move the cursor', () => {
  const error = new CiError('patch', 'a\u001b[2Jb', { detail: 'one\u009b1m' });
  assert.not.match(describeError(error, false), /[\u001b\u009b]/);
});

test.run();
