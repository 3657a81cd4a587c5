import * as assert from 'uvu/assert';
import { checkMirror, checkWritable } from '../../../orchestrator/scenario/mirror-checks.js';
import type { MapRun, MirrorRun } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/mirror-checks');

const TABLES: readonly MapRun[] = [
  { page: 0, n: 2, state: 'ram' },
  { page: 2, n: 4, state: 'device', pfn: 40, type: 28 },
  { page: 6, n: 1, state: 'device', pfn: 9, type: 29 },
];
const device = (page: number, n: number, pfn: number, write: boolean): MirrorRun => ({
  page,
  n,
  valid: true,
  write,
  pfn,
});
const ONE = { chunk: { pages: 512, pfn: '0x0', vmemmap: '0x0', pgmap: '0x0' } };
const TWO = { chunk: { ...ONE.chunk, second: 30 } };
const RAM: MirrorRun = { page: 0, n: 2, valid: true, write: true };
const none = (page: number, n: number): MirrorRun => ({ page, n, valid: false, write: false });
type Args = Parameters<typeof checkMirror>[2];
const judged = (hello: typeof ONE, args: Args, seen: MirrorRun[]): unknown[] =>
  checkMirror(1, 'm', args, TABLES, seen, hello).map(({ kind, expected }) => [
    kind,
    expected.slice('page '.length),
  ]);
const kinds = (args: Args, ...seen: MirrorRun[]): unknown[] => judged(ONE, args, seen);

test('every device page is shown at its place, with its permission', () => {
  assert.equal(kinds({}, RAM, device(2, 4, 40, true), device(6, 1, 9, false)), []);
  assert.equal(kinds({}, device(3, 1, 40, true)), [['data', '3 of mapping m: device page 41, writable']]);
  assert.equal(kinds({}, device(6, 1, 9, true)), [['data', '6 of mapping m: device page 9']]);
  assert.equal(kinds({}, none(6, 1)), [['permission', '6 of mapping m: device page 9']]);
});

test('who does not own them is not shown any', () => {
  assert.equal(kinds({ stranger: true }, none(2, 5)), []);
  assert.equal(kinds({ stranger: true }, device(2, 1, 40, true)), [['data', '2 of mapping m: not valid']]);
});

test('a device is shown its own pages and not those of the other', () => {
  const second = (...seen: MirrorRun[]): unknown[] => judged(TWO, { owner: 'second' }, seen);
  assert.equal(second(device(2, 4, 40, true), none(6, 1)), []);
  assert.equal(second(device(6, 1, 9, false)), [['data', '6 of mapping m: not valid']]);
  assert.equal(second(none(3, 1)), [['permission', '3 of mapping m: device page 41, writable']]);
  const first = judged(TWO, {}, [device(2, 1, 40, true), device(6, 1, 9, false)]);
  assert.equal(first, [['data', '2 of mapping m: not valid']], 'who says nothing is the first');
});

test('of pages that CPUs reach too, nothing is said but that they are writable once that was asked for', () => {
  const tables: readonly MapRun[] = [{ page: 0, n: 1, state: 'device', pfn: 600 }];
  const seen: readonly MirrorRun[] = [{ page: 0, n: 1, valid: true, write: false, pfn: 600 }];
  assert.equal(checkMirror(1, 'm', {}, tables, seen, ONE), []);
});

test('what had to be faulted in for writing is writable', () => {
  assert.equal(kinds({ fault: 'write' }, { ...RAM, write: false }).length, 2);
  assert.equal(kinds({}, none(0, 2)), [], 'nobody asked for it');
});

test('pages that must be writable are counted wherever they are', () => {
  const seen = [RAM, device(2, 4, 40, true), device(6, 1, 9, false), none(7, 1)];
  assert.equal(checkWritable(1, 'm', undefined, seen), []);
  assert.equal(checkWritable(1, 'm', 6, seen), []);
  const [wrong] = checkWritable(1, 'm', 7, seen);
  assert.equal([wrong?.kind, wrong?.expected, wrong?.found], ['permission', '7 of mapping m', '6']);
});

test.run();
