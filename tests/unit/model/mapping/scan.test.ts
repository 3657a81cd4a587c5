import * as assert from 'uvu/assert';
import { suite } from '../../../harness/suite.js';
import { free, init, poke } from '../support.js';
import { map, migrate, play, step } from './user.js';

/** KERNEL-FACTS 4.4, row by row: migrate_device_range() takes the size of dead heads for true. */
const test = suite('model/mapping/scan');

function scanned(ops: Parameters<typeof play>[0], count: number): string {
  const machine = play(ops, undefined, 1024);
  const { scan } = step(machine, { op: 'evict', pfn: 0, count });
  return (scan ?? []).map((one) => `${one.index}${one.pfn === undefined ? 'c' : ''}`).join(' ');
}

test('9@0 dead; 3@0, 0@12, 0@14, 0@20 live: only the first is found', () => {
  const ops = [init('9@0'), free(0), init('3@0'), init('0@12'), init('0@14'), init('0@20')];
  assert.is(scanned(ops, 32), '0 8c 16c 24c');
});

test('9@0 dead; 2@0, 0@6, 0@7 live: 6 and 7 are missed', () => {
  assert.is(scanned([init('9@0'), free(0), init('2@0'), init('0@6'), init('0@7')], 16), '0 4c 8c 12c');
});

test('8@0, 8@256, 9@0 dead; 0@257 live: nothing is found', () => {
  const ops = [init('8@0'), init('8@256'), free(0), free(256), init('9@0'), free(0), init('0@257')];
  assert.is(scanned(ops, 1024), '0c');
});

test('9@0 dead, 0@1 live and charged: its memcg_data is a size, and the scan ends there', () => {
  const ops = [init('9@0'), free(0), init('0@1'), poke(1, 56, 8, 0xffff888003456780n), init('0@600')];
  assert.is(scanned(ops, 1024), '');
});

test('1@0 dead, 1@2 live: a folio of two pages is a large one', () => {
  const ops = [init('1@0'), free(0), init('1@2'), init('0@4')];
  assert.is(scanned(ops, 8), '0c 2 4');
  const { scan } = step(play(ops), { op: 'evict', pfn: 0, count: 8 });
  assert.equal(
    scan?.map(({ compound }) => compound),
    [true, true, false],
  );
});

test('a large allocation that is to fail waits for a folio of two pages or more', () => {
  const large = (ops: Parameters<typeof play>[0], pfn: number): boolean => {
    const fail = { op: 'knobs', failLarge: 1 } as const;
    const machine = play([map(512, true), migrate([0, 512, 9]), ...ops, fail]);
    step(machine, { op: 'evict', pfn, count: 2 });
    return step(machine, { op: 'evict', pfn: 512, count: 512 }).callbacks.length > 0;
  };
  assert.is(large([init('0@0')], 0), false);
  assert.is(large([init('1@0')], 0), true, 'used up by the folio of two pages, which then stays where it is');
});

test('the same with page 1 uncharged', () => {
  assert.is(scanned([init('9@0'), free(0), init('0@1'), init('0@600')], 1024), '1 600');
});

test('a list is scanned in the same way: it ends at a folio larger than what is left of it', () => {
  const machine = play([init('9@0'), free(0), init('3@0'), init('0@12')]);
  const { scan } = step(machine, { op: 'evict', pfns: [12, 0, 12] });
  assert.equal(scan, [{ index: 0, pfn: 12, collected: true, compound: false }]);
});

test('pages that nothing maps are found, cannot be moved, and are left as they were', () => {
  const machine = play([init('0@3'), init('2@4')]);
  const before = machine.bytes.slice();
  const { callbacks, refs } = step(machine, { op: 'evict', pfn: 0, count: 8 });
  assert.equal(callbacks, []);
  assert.is(refs, 5);
  assert.equal(machine.bytes, before);
});

test.run();
