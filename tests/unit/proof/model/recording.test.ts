import * as assert from 'uvu/assert';
import { changedWords, pageWords } from '../../../proof/model/record/page-words.js';
import { opOf, opText } from '../../../proof/model/record/recording.js';
import type { Asked } from '../../../proof/model/record/recording.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/recording');

const usual = { unlock: 'page', rmappable: true } as const;

test('an operation comes back from its text; what is usual is not in it', () => {
  const ops: readonly (readonly [Asked, string])[] = [
    [{ op: 'init', pfn: 0, order: 9, ...usual }, 'init 9@0'],
    [{ op: 'init', pfn: 1, order: 0, ...usual, unlock: 'none', zdd: 5n }, 'init 0@1 unlock=none zdd=0x5'],
    [{ op: 'init', pfn: 2, order: 1, ...usual, rmappable: false }, 'init 1@2 rmappable=false'],
    [{ op: 'free', pfn: 3, how: 'page' }, 'free 3'],
    [{ op: 'unlock', pfn: 3, how: 'folio' }, 'unlock 3 how=folio'],
    [{ op: 'poke', pfn: 3, byte: 40, size: 8, value: 7n }, 'poke 3 byte=40 size=8 value=0x7'],
  ];
  for (const [op, text] of ops) {
    assert.is(opText(op), text);
    assert.equal(opOf(text), op);
  }
});

test('words of pages that changed, in runs; addresses of the chunk by name', () => {
  const addresses = { memmap: 0xffffea0004000000n, pgmap: 0xffff888003456780n };
  const before = new Uint8Array(8 * 64);
  const after = before.slice();
  const view = new DataView(after.buffer);
  for (const page of [2, 3, 5]) view.setBigUint64(page * 64 + 56, 7n, true);
  view.setBigUint64(6 * 64, addresses.pgmap, true);
  view.setBigUint64(6 * 64 + 8, addresses.memmap + 0x90n, true);
  view.setBigUint64(6 * 64 + 16, addresses.memmap + 8n * 64n, true);
  assert.equal(changedWords(before, after, addresses), {
    '2-3': 'W7=7',
    '5': 'W7=7',
    '6': 'W0=P W1=V+90 W2=ffffea0004000200',
  });
  assert.equal(changedWords(after, after, addresses), {});
  assert.equal(pageWords(after, 5, addresses), ['0', '0', '0', '0', '0', '0', '0', '7']);
});

test.run();
