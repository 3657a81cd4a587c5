import * as assert from 'uvu/assert';
import { differingPages, PAGE_BYTES } from '../../../orchestrator/scenario/chunk.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/chunk');

function changed(pages: number, bytes: readonly number[]): number[] {
  const before = new Uint8Array(pages * PAGE_BYTES).map((_, byte) => byte % 251);
  const after = before.slice();
  for (const byte of bytes) after[byte] = (after[byte] as number) ^ 0x80;
  return [...differingPages(before, after)];
}

test('no page differs where nothing was changed', () => {
  assert.equal(changed(2048, []), []);
});

test('each page with a changed byte is named once, in order, whatever the byte', () => {
  const first = 0;
  const last = 2048 * PAGE_BYTES - 1;
  assert.equal(changed(2048, [last, first]), [0, 2047]);
  assert.equal(changed(2048, [63 * 64, 64 * 64 - 1, 64 * 64]), [63, 64]);
  for (let byte = 0; byte < PAGE_BYTES; byte++) assert.equal(changed(256, [130 * PAGE_BYTES + byte]), [130]);
});

test('a chunk need not be whole blocks', () => {
  assert.equal(changed(70, [69 * PAGE_BYTES + 5, 3]), [0, 69]);
  assert.equal(changed(3, [2 * PAGE_BYTES]), [2]);
});

test.run();
