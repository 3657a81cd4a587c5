import * as assert from 'uvu/assert';
import { parseSubject } from '../../../orchestrator/series/subject.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/subject');

const table: readonly [string, Partial<ReturnType<typeof parseSubject>>][] = [
  ['[PATCH] mm: fix', { patch: true, reply: false, version: 1, title: 'mm: fix' }],
  [
    '[RFC PATCH mm-unstable v6 03/5] mm: fix',
    { rfc: true, version: 6, position: { k: 3, n: 5 }, title: 'mm: fix' },
  ],
  ['[PATCH 1/3 v2] mm: fix', { version: 2, position: { k: 1, n: 3 } }],
  ['[PATCHv3 10/12] mm: fix', { version: 3, position: { k: 10, n: 12 } }],
  ['[V2 PATCH 0/2] mm', { version: 2, position: { k: 0, n: 2 } }],
  ['[v2,1/3] patchwork says', { patch: true, version: 2, position: { k: 1, n: 3 }, title: 'patchwork says' }],
  ['[PATCH v6.1 3/5] mm: fix', { version: 6.1 }],
  ['[PATCH RESEND v2] mm: fix', { resend: true, version: 2 }],
  ['[PATCH 6.19.y 1/2] mm: fix', { version: 1, position: { k: 1, n: 2 } }],
  ['Re: [PATCH v2 1/3] mm: fix', { reply: true, patch: true, version: 2 }],
  ['RE: AW: [PATCH] mm: fix', { reply: true, title: 'mm: fix' }],
  ['[PATCH] [mm] reset the [0..9] orders', { title: 'reset the [0..9] orders' }],
  ['mm: re: zero v2 1/3', { patch: false, reply: false, version: 1, title: 'mm: re: zero v2 1/3' }],
  ['[GIT PULL] mm updates', { patch: false }],
  ['', { patch: false, title: '' }],
];

for (const [raw, want] of table) {
  test(raw === '' ? 'an empty subject' : raw, () => {
    const got = parseSubject(raw);
    for (const [key, value] of Object.entries(want)) assert.equal(got[key as keyof typeof got], value, key);
  });
}

test('no k/n, no position', () => {
  assert.is(parseSubject('[PATCH] mm: 1/3 of it').position, undefined);
});

test.run();
