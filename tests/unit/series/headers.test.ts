import * as assert from 'uvu/assert';
import { decodeWords, messageIds, parseHeaders } from '../../../orchestrator/series/headers.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/headers');
const parse = (text: string): ReturnType<typeof parseHeaders> => parseHeaders(Buffer.from(text));

test('joins folded lines, skips the From line, stops at the body', () => {
  const headers = parse(
    'From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH 1/2]\n mm: long\nX: 1\n\nTo: body\n',
  );
  assert.is(headers.get('subject'), '[PATCH 1/2] mm: long');
  assert.is(headers.get('to'), undefined);
});

test('the first of two equal headers counts, with its own folded lines only', () => {
  assert.is(parse('Subject: one\n more\nSubject: two\n less\n\n').get('Subject'), 'one more');
});

test('reads CRLF mails', () => {
  assert.is(parse('Subject: a\r\nDate: b\r\n\r\n').get('date'), 'b');
});

test('C source has no headers', () => {
  assert.not.ok(parse('#include <linux/mm.h>\n\nint a: 1;\n').present);
});

const words: readonly [string, string][] = [
  ['=?UTF-8?q?=5BPATCH=201/2=5D_mm:_=C3=A4?=', '[PATCH 1/2] mm: ä'],
  ['=?utf-8?B?W1BBVENIIDEvMl0=?= mm', '[PATCH 1/2] mm'],
  ['=?UTF-8?q?a_?= =?UTF-8?q?b?=', 'a b'],
  ['=?ISO-8859-1?Q?J=F6rg?= <j@x>', 'Jörg <j@x>'],
  ['=?no-such-charset?q?a?=', '=?no-such-charset?q?a?='],
  ['plain', 'plain'],
];
for (const [raw, want] of words) test(`decodes ${raw}`, () => assert.is(decodeWords(raw), want));

test('message ids lose their brackets', () => {
  assert.equal(messageIds('<a@b>\n\t<c@d> (x)'), ['a@b', 'c@d']);
  assert.equal(messageIds(undefined), []);
});

test.run();
