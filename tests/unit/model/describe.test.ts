import * as assert from 'uvu/assert';
import {
  Machine,
  RoleMap,
  VARIANT_A,
  VARIANT_B,
  changesOf,
  valueInWords,
} from '../../../orchestrator/model/index.js';
import type { MachineOperation, PageChange } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { fill, map, migrate } from './mapping/user.js';
import { MEMMAP, PGMAP, free, init, place } from './support.js';

const test = suite('model/describe');

const P = place(1024);

/** What the last of `ops` changed. */
function last(ops: readonly MachineOperation[], variant = VARIANT_B): readonly PageChange[] {
  const machine = new Machine(variant, P);
  let before = machine.bytes.slice();
  for (const op of ops) {
    before = machine.bytes.slice();
    machine.apply(op);
  }
  return changesOf(P, before, machine.bytes, machine.roles);
}

const brief = ({ page, pages, role }: PageChange): string => `${page}+${pages} ${role}`;
const fields = (change: PageChange | undefined): string[] =>
  (change?.fields ?? []).map(({ name, value, was }) => `${name} ${was}→${value}`);

test('an order-9 folio is four rows: head, first tail, second tail, all others', () => {
  const changes = last([init('9@0')]);
  assert.equal(changes.map(brief), ['0+1 head', '1+1 tail1', '2+1 tail2', '3+509 tail']);
  assert.equal(fields(changes[0]), ['PG_head 0→1', '_refcount 0→1']);
  assert.equal(fields(changes[3]), ['compound_info pgmap→0xffffffffffff8001', 'mapping 0→TAIL_MAPPING']);
  assert.equal(
    fields(changes[1]),
    [
      'order 0→9',
      'PG_large_rmappable 0→1',
      'compound_info pgmap→0xffffffffffff8001',
      '_large_mapcount 0→-1',
      '_entire_mapcount 0→-1',
      '_mm_id_mapcount[0] 0→-1',
      '_mm_id_mapcount[1] 0→-1',
      '_nr_pages 0→512',
    ],
    'the order is one field, not its bits',
  );
  const list = ['_deferred_list.next', '_deferred_list.prev'].map((one) => `${one} 0→&page[2]+0x10`);
  assert.equal(fields(changes[2]), ['compound_info pgmap→0xffffffffffff8001', ...list]);
});

test('each flag is a field with its bit', () => {
  const [head] = last([init('0@5', { unlock: 'none' })]);
  assert.equal(head?.fields[0], { name: 'PG_locked', byte: 0, bit: 0, value: '1', was: '0' });
});

test('pages are named by what they are after the step', () => {
  assert.equal(last([init('3@8'), free(8)]).map(brief), ['8+1 free head']);
  const [page] = last([init('9@0'), free(0), init('0@1')]);
  assert.is(page?.role, 'order0');
  assert.ok(fields(page).includes('pgmap 0xffffffffffff8001→pgmap'));
  assert.ok(fields(page).includes('memcg_data 0x200→0'));
});

test('pages that differ in anything are not joined, a gap is not bridged', () => {
  const twice = last([init('2@0'), init('2@8')]);
  assert.equal(twice.map(brief), ['8+1 head', '9+1 tail1', '10+1 tail2', '11+1 tail']);
  // The tails of 8@0 and 8@256 were written alike, but for the one that was a head.
  const merged = last([init('8@0'), init('8@256'), free(0), free(256), init('9@0')]);
  const at256 = merged.find(({ page, pages }) => page <= 256 && 256 < page + pages);
  assert.is(at256?.pages, 1);
});

test('a row of pages whose index counts up is one', () => {
  const changes = last([map(512), fill(0, 512), migrate([0, 0], [1, 1], [2, 2], [3, 3])]);
  assert.equal(changes.map(brief), ['0+4 order0']);
  const index = changes[0]?.fields.find(({ name }) => name === 'index');
  assert.match(index?.value ?? '', /^0x200000…0x200003$/);
  const apart = last([map(512), fill(0, 512), migrate([0, 0], [2, 1], [1, 2])]);
  assert.is(apart.length, 3, 'not where it does not count up with the pages');
});

test('what only a run knows has a name', () => {
  const [page] = last([map(1), fill(0, 1), migrate([0, 7])]);
  const value = (name: string): string | undefined => page?.fields.find((one) => one.name === name)?.value;
  assert.match(value('mapping') ?? '', /^anon_vma #\d+\|1$/);
  assert.match(value('memcg_data') ?? '', /^objcg #\d+$/);
});

test('values: counts are numbers, addresses names, the rest hex', () => {
  const words = (field: string, width: 4 | 8, value: bigint): string => valueInWords(P, field, width, value);
  const counts =
    '_mapcount _refcount _large_mapcount _entire_mapcount _pincount _mm_id_mapcount[0] _mm_id_mapcount[1]';
  for (const name of counts.split(' ')) assert.is(words(name, 4, 0xffffffffn), '-1', name);
  assert.is(words('_nr_pages_mapped', 4, 0x800000n), '0x800000', 'ENTIRELY_MAPPED is a bit');
  assert.is(words('_nr_pages', 4, 512n), '512');
  assert.is(words('_refcount', 4, 0x08000000n), '134217728', 'the sign is the uppermost bit');
  assert.is(words('pgmap', 8, PGMAP), 'pgmap');
  assert.is(words('mapping', 8, MEMMAP + 2n * 64n + 16n), '&page[2]+0x10');
  assert.is(words('mapping', 8, MEMMAP + 1024n * 64n), '0xffffea0004010000', 'past the chunk it is a number');
  assert.is(words('mapping', 8, 0xdead000000000400n), 'TAIL_MAPPING');
  assert.is(words('private', 8, 0n), '0');
});

test('rows of pages by hand: indexes that count up, one page alone, a row at the end; other roles apart', () => {
  const where = place(32);
  const roles = new RoleMap(32);
  roles.init(0, 3);
  roles.init(20, 0);
  const [before, after] = [new Uint8Array(32 * 64), new Uint8Array(32 * 64)];
  for (const page of [10, 11, 14, 30, 31]) after[page * 64 + 32] = 0x40 + page;
  for (const page of [16, 17]) before[page * 64 + 32] = 0x40 + page;
  for (const page of [20, 21]) after[page * 64 + 40] = 7;
  before[64] = 9;
  after[64] = 3;
  const rows = changesOf(where, before, after, roles).map(({ page, pages, role, fields }) =>
    [`${page}+${pages}`, role, ...fields.map(({ name, value, was }) => `${name} ${was} ${value}`)].join(' '),
  );
  assert.equal(rows, [
    '1+1 tail1 order 9 3',
    '10+2 fresh index 0 0x4a…0x4b',
    '14+1 fresh index 0 0x4e',
    '16+2 fresh index 0x50…0x51 0',
    '20+1 order0 private 0 0x7',
    '21+1 fresh private 0 0x7',
    '30+2 fresh index 0 0x5e…0x5f',
  ]);
});

test('a step that changes nothing says nothing', () => {
  assert.equal(last([init('0@1'), { op: 'poke', pfn: 1, byte: 16, size: 8, value: 0n }]), []);
});

test('variant a shows whose lock it takes', () => {
  const changes = last([init('9@0'), free(0), init('0@1', { unlock: 'none' })], VARIANT_A);
  assert.equal(changes.map(brief), ['0+1 free head', '1+1 order0']);
  assert.equal(fields(changes[0]), ['PG_locked 0→1']);
});

test.run();
