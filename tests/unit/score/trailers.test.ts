import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { readTrailers } from '../../../orchestrator/score/trailers.js';
import { suite } from '../../harness/suite.js';

const test = suite('score/trailers');
const PROFILES = ['default', 'kasan'];

const mail = (...trailers: string[]): string =>
  [
    'From: a <a@b>',
    'Subject: [PATCH] mm: x',
    '',
    'Says: what it does.',
    '',
    ...trailers,
    '---',
    ' f | 1 +',
    '',
  ].join('\n');

function refused(text: string): string {
  try {
    readTrailers(text, 'tests/mutants/x.patch', PROFILES);
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage')
      return `${error.details.where ?? ''}: ${error.message}`;
    throw error;
  }
  throw new Error('was to be refused');
}

test('a mutant to be killed', () => {
  assert.equal(readTrailers(mail('Mutant: killed', 'Seen-by: S1,', ' A2'), 'x', PROFILES), {
    expect: 'killed',
    seenBy: 'S1, A2',
    profile: 'default',
  });
});

test('one that is equivalent, in a profile', () => {
  const text = mail('Mutant: equivalent', 'Profile: kasan', 'Why: the store comes', '  again below');
  assert.equal(readTrailers(text, 'x', PROFILES), {
    expect: 'equivalent',
    seenBy: '',
    profile: 'kasan',
    why: 'the store comes again below',
  });
});

test('what is wrong is told with its line', () => {
  const at = 'tests/mutants/x.patch';
  assert.is(refused(mail('Seen-by: S1')), `${at}:7: no "Mutant:" trailer`);
  assert.is(refused(mail('Mutant: dead', 'Seen-by: S1')), `${at}:6: "Mutant: dead"`);
  assert.is(refused(mail('Mutant: killed')), `${at}:6: a mutant to be killed says by whom`);
  assert.is(refused(mail('Mutant: neutral')), `${at}:6: a mutant that is neutral says why`);
  assert.match(
    refused(mail('Mutant: neutral', 'Why: x', 'Seen-by: S1')),
    `${at}:8: a mutant that is neutral is seen`,
  );
  assert.is(refused(mail('Mutant: killed', 'Seen-by: x', 'Profile: kasn')), `${at}:8: no profile "kasn"`);
  assert.is(refused(mail('Mutant: killed', 'Seenby: x')), `${at}:7: not a trailer: "Seenby: x"`);
  assert.is(refused(mail('Mutant: killed', 'Seen-by:')), `${at}:7: not a trailer: "Seen-by:"`);
  assert.is(refused(mail('Mutant: killed', 'Mutant: killed')), `${at}:7: "Mutant:" a second time`);
});

test('a mail without the line that ends its text', () => {
  assert.match(refused('Subject: x\n\nbody\n'), 'not a trailer: "body"');
});

test.run();
