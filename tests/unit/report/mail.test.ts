import * as assert from 'uvu/assert';
import { mail } from '../../../orchestrator/report/mail.js';
import { angled, mailbox, mailHeader } from '../../../orchestrator/report/mail-header.js';
import { notVouched } from '../../../orchestrator/report/tested-by.js';
import { widthOf } from '../../../orchestrator/report/width.js';
import type { RunRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { context, golden, hostile, RECORDED, recorded } from './recorded.js';

const test = suite('report/mail');

// eslint-disable-next-line no-control-regex -- what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    const text = mail.render(recorded(name), context);
    golden(`tests/fixtures/formats/${name}.mail`, text);
    for (const line of text.split('\n')) assert.ok(widthOf(line) <= 76, line);
  });
}

test('what comes from outside adds no header and stays text', () => {
  const text = mail.render(hostile(), context);
  const [head = ''] = text.split('\n\n');
  const names = head
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => line.split(':')[0]);
  const mime = ['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'];
  assert.equal(names, ['To', 'Subject', 'In-Reply-To', 'References', ...mime]);
  assert.not.match(text, CONTROL);
});

test('a header is folded, and text that is not ASCII is encoded', () => {
  assert.is(mailHeader('Subject', 'Re: short'), 'Subject: Re: short\n');
  const long = mailHeader('Subject', 'mm: '.repeat(40));
  assert.ok(long.split('\n').every((line) => line.length <= 76));
  const encoded = mailHeader('Subject', 'mm: für 漢字 '.repeat(8));
  assert.match(encoded, /^[\x20-\x7e\n]+$/);
  const words = [...encoded.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map(([word, data = '']) => {
    assert.ok(word.length <= 75);
    return Buffer.from(data, 'base64').toString();
  });
  assert.is(words.join(''), 'mm: für 漢字 '.repeat(8));
});

test('names that need quotes have them', () => {
  assert.is(mailbox('Jane Developer <jane@example.org>'), 'Jane Developer <jane@example.org>');
  assert.is(mailbox('Developer, "J" <j@x>'), '"Developer, \\"J\\"" <j@x>');
  assert.match(mailbox('Jäne <j@x>'), /^=\?UTF-8\?B\?\S+\?= <j@x>$/);
  assert.is(angled('a@b'), '<a@b>');
  assert.is(angled('<a@b>\n'), '<a@b>');
});

test('a Tested-by: line is there only where somebody vouches', () => {
  const told = recorded('good');
  assert.not.match(mail.render(told, context), 'Tested-by');
  const text = mail.render(told, { ...context, testedBy: 'Jane <jane@example.org>' });
  assert.match(text, /^Tested-by: Jane <jane@example\.org>$/m);
});

const complete = recorded('good').run;
const asked = complete.askedFor as NonNullable<RunRecord['askedFor']>;

test('a complete good run can be vouched for', () => {
  assert.is(notVouched(complete), undefined);
});

const [base, first] = complete.points as [RunRecord['points'][0], RunRecord['points'][0]];
const { series: _series, ...tree } = complete;
const lacking: readonly (readonly [string, RunRecord, RegExp])[] = [
  ['no series', tree, /no series/],
  ['a skipped point', { ...complete, points: [base, { ...first, verdict: 'skip' }] }, /patch 1 is skip/],
  ['a bad run', { ...complete, verdict: 'bad', exitCode: 1 }, /the run is bad/],
  [
    'only some tests',
    { ...complete, askedFor: { ...asked, test: 'mixed-order/S*' } },
    /only tests that match/,
  ],
  [
    'a triaged failure',
    {
      ...complete,
      summary: { ...complete.summary, triaged: [{ test: 'mixed-order/S2', point: 1, failureKey: 'k' }] },
    },
    /S2 fails and was triaged/,
  ],
  ['only the ends', { ...complete, points: [base] }, /not every patch/],
  ['one suite', { ...complete, askedFor: { ...asked, suites: ['mixed-order'] } }, /without hmm-tests/],
  ['not compiled', { ...complete, points: [base, { ...first, notCompiled: ['drivers/x.c'] }] }, /x\.c/],
];
for (const [what, run, why] of lacking) {
  test(`nobody is to vouch for: ${what}`, () => {
    assert.match(notVouched(run) ?? '', why);
  });
}

test.run();
