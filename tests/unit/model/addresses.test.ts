import * as assert from 'uvu/assert';
import { hex, symbol } from '../../../orchestrator/model/addresses.js';
import { suite } from '../../harness/suite.js';
import { MEMMAP, PGMAP, place } from './support.js';

const test = suite('model/addresses');

test('addresses of the chunk in words, to the last byte; others have none', () => {
  const at = (value: bigint): string | undefined => symbol(place(4), value);
  assert.is(at(PGMAP), 'pgmap');
  assert.is(at(MEMMAP), '&page[0]+0x0');
  assert.is(at(MEMMAP + 63n), '&page[0]+0x3f');
  assert.is(at(MEMMAP + 64n), '&page[1]+0x0');
  assert.is(at(MEMMAP + 4n * 64n - 1n), '&page[3]+0x3f');
  for (const value of [MEMMAP - 1n, MEMMAP + 4n * 64n, PGMAP + 1n, 0n])
    assert.is(at(value), undefined, hex(value));
});

test('of two devices each has its page map', () => {
  const second = { first: 2, pgmap: PGMAP + 256n };
  const at = (value: bigint): string | undefined => symbol({ ...place(4), second }, value);
  assert.equal([at(PGMAP), at(PGMAP + 256n)], ['pgmap', 'pgmap of the second device']);
});

test('numbers are hex', () => {
  assert.equal([hex(0n), hex(255n)], ['0x0', '0xff']);
});

test.run();
