import * as assert from 'uvu/assert';
import { VARIANT_A, VARIANT_B, VARIANT_NOMEMCG, layout73 } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, judge, place, poke, run, words } from './support.js';

/** The sequences of KERNEL-FACTS §3.1 on the kernels that they tell apart. */
const test = suite('model/sequences');

const noDebug = place(1024, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
const LOCKED = { unlock: 'none' } as const;
const brief = (d: { kind: string; page?: number; field: string }): string =>
  `${d.kind} ${d.page ?? ''} ${d.field}`;

test('S1 9@0, free, 0@0, free', () => {
  const s1 = [init('9@0'), free(0), init('0@0'), free(0)];
  const a = judge(VARIANT_A, s1);
  assert.equal(a.verdicts[2]?.deviations.map(brief), ['wrong-head 0 PG_head']);
  assert.is(a.verdicts[2]?.deviations[0]?.transition, 'head→order0');
  assert.equal(a.last.map(brief), ['counter  pgmap.ref', 'counter  folio_free']);
  assert.is(a.last[0]?.found, '-512');
  assert.equal(judge(VARIANT_B, s1).all, []);
});

test('S2 9@0, free, 0@1', () => {
  const s2 = [init('9@0'), free(0), init('0@1')];
  const a = judge(VARIANT_A, s2).last.map(brief);
  for (const wanted of ['wrong-head 1 pgmap', 'stale-field 1 memcg_data', 'stale-field 1 mapping'])
    assert.ok(a.includes(wanted), `${wanted} not in ${a.join('; ')}`);
  assert.equal(judge(VARIANT_B, s2).last.map(brief), ['stale-field 1 PG_workingset']);
  const nomemcg = judge(VARIANT_NOMEMCG, s2).last;
  assert.equal(nomemcg.map(brief), ['stale-field 1 PG_workingset', 'stale-field 1 memcg_data']);
  assert.is(
    nomemcg[1]?.story.split(':').slice(0, 2).join(':'),
    'page 1 byte 56 = 0x200: `_nr_pages` of the order-9 folio at page 0, written in step 1 by prep_compound_head, not cleared by step 3; core-mm reads it as `memcg_data`',
  );
});

test('S2 while locked: variant a locks the neighbour', () => {
  const a = judge(VARIANT_A, [init('9@0'), free(0), init('0@1', LOCKED)]).last;
  const neighbour = a.find((d) => d.page === 0);
  assert.is(neighbour?.field, 'PG_locked');
  assert.is(neighbour?.transition, 'neighbour head');
});

test('S2b 0@0 kept locked, then 0@1: variant a hangs, b does not', () => {
  const s2b = [init('9@0'), free(0), init('0@0', LOCKED), init('0@1')];
  for (const where of [place(), noDebug]) {
    const a = run(VARIANT_A, s2b, where);
    assert.match(a.effects[3]?.hang?.why ?? '', 'lock_page() of page 1 waits for PG_locked of page 0');
    assert.ok(a.machine.stopped);
    assert.throws(() => a.machine.apply(free(0)), /crashed or hung/);
  }
  const b = run(VARIANT_B, s2b);
  assert.not.ok(b.effects[3]?.hang ?? b.effects[3]?.crash);
});

test('S2f S2, then free', () => {
  const s2f = [init('9@0'), free(0), init('0@1'), free(1)];
  const a = run(VARIANT_A, s2f);
  assert.is(a.effects[3]?.crash?.line, 'include/linux/mm.h:1846');
  const quiet = judge(VARIANT_A, s2f, noDebug).last;
  assert.ok(
    quiet.some((d) => d.kind === 'refcount' && d.page === 0),
    'the old head loses a reference',
  );
  assert.ok(
    quiet.some((d) => d.kind === 'refcount' && d.page === 1),
    'page 1 keeps its own',
  );
  assert.ok(quiet.some((d) => d.kind === 'leak' && d.field === 'pgmap.ref'));
  assert.ok(quiet.some((d) => d.kind === 'leak' && d.field === 'folio_free'));
  assert.match(run(VARIANT_NOMEMCG, s2f).effects[3]?.crash?.why ?? '', 'address 0x230');
  const b = run(VARIANT_B, s2f);
  assert.equal(b.effects[3]?.callbacks, [{ fn: 'folio_free', pfn: 1, order: 0 }]);
  assert.is(b.effects[3]?.refs, 0);
});

test('the oops of an uncharged page names the address by the old order', () => {
  const address = (order: number): string =>
    run(VARIANT_NOMEMCG, [init(`${order}@0`), free(0), init('0@1'), free(1)]).effects[3]?.crash?.why ?? '';
  assert.match(address(1), 'address 0x10:');
  assert.match(address(2), 'address 0x10:');
  assert.match(address(3), 'address 0x38:');
});

test('S3 8@0 and 8@256, free, 9@0', () => {
  const s3 = [init('8@0'), init('8@256'), free(0), free(256), init('9@0')];
  const a = judge(VARIANT_A, s3).last.map(brief);
  assert.ok(a.includes('wrong-head 256 PG_head'));
  assert.ok(a.includes('stale-field 257 memcg_data'));
  const b = judge(VARIANT_B, s3).last.map((d) => `${brief(d)} ${d.mask ?? '-'} ${d.transition}`);
  assert.equal(b, [
    'stale-field 257 PG_workingset 0x200 tail1→tail',
    'stale-field 257 zone_device_data 0xffffffff tail1→tail',
    'stale-field 258 zone_device_data - tail2→tail',
  ]);
});

test('S5 9@0, free, 4@16', () => {
  const s5 = [init('9@0'), free(0), init('4@16')];
  assert.is(run(VARIANT_A, s5).effects[2]?.crash?.line, 'include/linux/page-flags.h:345');
  const hybrid = judge(VARIANT_A, s5, noDebug).last.map(brief);
  assert.ok(hybrid.includes('wrong-head 16 pgmap'));
  assert.equal(judge(VARIANT_B, s5).all, []);
});

test('S6 0@1 live, then 0@0: the neighbour stays as it is', () => {
  const s6 = [init('0@1', { zdd: 5n }), init('0@0')];
  for (const variant of [VARIANT_A, VARIANT_B]) assert.equal(judge(variant, s6).all, []);
});

test('S7 flags above the low byte leak into the next large folio', () => {
  const s7 = [init('0@1'), poke(1, 0, 4, 0x00052000n), free(1), init('9@0')];
  for (const variant of [VARIANT_A, VARIANT_B]) {
    const found = judge(variant, s7).last.map(
      (d) => `${brief(d)} ${d.mask ?? '-'} ${d.transition} ${d.writtenAs ?? ''}`,
    );
    assert.equal(found, [
      'stale-field 1 PG_partially_mapped 0x10000 order0→tail1 poke',
      'stale-field 1 PG_unevictable 0x40000 order0→tail1 poke',
    ]);
  }
  const bit8 = judge(VARIANT_B, [init('0@1'), poke(1, 1, 1, 0x21n), free(1), init('9@0')]).last;
  assert.equal(
    bit8.map((d) => `${brief(d)} ${d.writtenAs ?? ''}`),
    ['stale-field 1 PG_has_hwpoisoned poke'],
  );
});

test('S9 the high half of a stale memcg_data stays', () => {
  const s9 = [init('9@0'), free(0), poke(1, 56, 8, 0xffff888012345678n), init('0@1')];
  const last = judge(VARIANT_B, s9).last.find((d) => d.field === 'memcg_data');
  assert.is(last?.found, '0xffff888000000000');
  assert.is(last?.mask, '0xffff888000000000');
  const a = judge(VARIANT_A, s9).last.find((d) => d.field === 'memcg_data');
  assert.is(a?.found, '0xffff888012345678');
});

test('S10 private of a future tail: a warning, and the value stays', () => {
  const s10 = [poke(3, 40, 8, 7n), init('2@0')];
  for (const variant of [VARIANT_A, VARIANT_B]) {
    const { effects } = run(variant, s10);
    assert.equal(
      effects[1]?.warnings.map((w) => w.line),
      ['mm/internal.h:799'],
    );
    const last = judge(variant, s10).last;
    assert.equal(
      last.map((d) => `${brief(d)} ${d.mask ?? ''}`),
      ['stale-field 3 private 0x7'],
    );
  }
});

test('S11 0@512 and 0@513, free, 9@512', () => {
  const s11 = [init('0@512'), init('0@513'), free(512), free(513), init('9@512')];
  for (const variant of [VARIANT_A, VARIANT_B]) assert.equal(judge(variant, s11).all, []);
});

test('A5 init on a live page warns and keeps the count of a tail', () => {
  const { effects, machine } = run(VARIANT_B, [init('0@3'), init('2@0')]);
  assert.equal(
    effects[1]?.warnings.map((w) => w.line),
    ['mm/memremap.c:514'],
  );
  assert.is(words(machine, 3).split(' ')[6], '1ffffffff');
  assert.ok(
    judge(VARIANT_B, [init('0@3'), init('2@0')]).last.some((d) => brief(d) === 'refcount 3 _refcount'),
  );
});

test('unlock and free through a cast of the page trip over a stale tail', () => {
  const s2 = [init('9@0'), free(0)];
  const cast = run(VARIANT_A, [...s2, init('0@1', { unlock: 'folio' })]).effects[2];
  assert.is(cast?.crash?.line, 'include/linux/page-flags.h:345');
  const put = run(VARIANT_A, [...s2, init('0@1'), { op: 'free', pfn: 1, how: 'folio' }]).effects[3];
  assert.ok(put?.crash, 'the put reaches a page that is no folio');
});

test('what variant b leaves of each byte of each role (docs/model.md)', () => {
  const small = place(16);
  const left = new Map<string, Set<string>>();
  for (const [order, pages] of [
    [0, [0]],
    [2, [0, 1, 2, 3]],
  ] as const)
    for (const page of pages)
      for (let byte = 0; byte < 64; byte++) {
        if (byte >= 52 && byte < 56) continue; // a live page is another matter
        const old = new DataView(run(VARIANT_B, [], small).machine.bytes.buffer).getUint8(byte);
        const { verdicts } = judge(
          VARIANT_B,
          [poke(page, byte, 1, BigInt(old ^ 0xff)), init(`${order}@0`)],
          small,
        );
        for (const d of verdicts[1]?.deviations ?? []) {
          const role = d.transition?.split('→')[1] ?? '';
          const field = d.byte === 0 ? (byte === 0 ? 'low flags' : 'high flags') : d.field;
          left.set(role, (left.get(role) ?? new Set()).add(field));
        }
      }
  const text = Object.fromEntries(
    [...left].map(([role, fields]) => [role, [...fields].toSorted().join(' ')]),
  );
  assert.equal(text, {
    order0: '_mapcount high flags memcg_data private',
    head: '_mapcount high flags memcg_data private',
    tail1: '_mapcount high flags memcg_data[63:32]',
    tail2: '_mapcount high flags memcg_data private',
    tail: '_mapcount high flags memcg_data private zone_device_data',
  });
});

test.run();
