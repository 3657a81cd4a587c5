import * as assert from 'uvu/assert';
import * as tables from '../../../../orchestrator/model/mapping/tables.js';
import type { Mapping, Vma } from '../../../../orchestrator/model/mapping/tables.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/mapping/tables');

const vma = (start: number, end: number): Vma => ({
  start,
  end,
  access: 'write',
  accounted: true,
  anonVma: undefined,
  seq: 0,
});

const mapping = (name: string, base: bigint, ...vmas: Vma[]): Mapping => ({
  name,
  base,
  pages: 1024,
  thp: true,
  vmas,
  tables: new Map(),
});

test('a page lies in the window of its PMD', () => {
  assert.equal([0, 511, 512, 1023].map(tables.windowOf), [0, 0, 1, 1]);
  assert.equal([0, 511, 512, 1023].map(tables.slotOf), [0, 511, 0, 511]);
});

test('a table is made once, for the whole window', () => {
  const one = mapping('m', 0n);
  assert.is(tables.tableAt(one, 600), undefined);
  tables.setPte(one, 600, { kind: 'zero' });
  assert.is(tables.tableAt(one, 512), tables.makeTable(one, 1023));
  assert.equal(tables.makePtes(one, 513)[88], { kind: 'zero' });
  assert.equal([one.tables.size, tables.makePtes(one, 513).length], [1, 512]);
});

test('a VMA has its first page and not the one behind it', () => {
  const one = mapping('m', 0n, vma(2, 4));
  assert.equal(
    [1, 2, 3, 4].map((page) => tables.vmaAt(one, page)?.start),
    [undefined, 2, 2, undefined],
  );
});

test('a PMD fits where the VMA has all its pages', () => {
  assert.equal(
    [vma(512, 1024), vma(0, 1024), vma(513, 1024), vma(512, 1023)].map((one) => tables.pmdFits(one, 700)),
    [true, true, false, false],
  );
});

test('mappings are walked by address', () => {
  const mappings = new Map([mapping('b', 9n), mapping('a', 3n)].map((one) => [one.name, one]));
  const names = tables.inOrder({ name: 'main', id: undefined as never, mappings }).map(({ name }) => name);
  assert.equal(names, ['a', 'b']);
});

test.run();
