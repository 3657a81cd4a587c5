import * as assert from 'uvu/assert';
import { Machine, VARIANT_A, VARIANT_B, VARIANT_D2, layout73 } from '../../../orchestrator/model/index.js';
import type { Operation, UserOperation } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke, words } from './support.js';

const test = suite('model/machine');

const P = place(32);
const FRESH = 'c000000000002000 P 0 0 0 0 ffffffff 0';
const LOCKED = { unlock: 'none' } as const;

test('pages outside the chunk are refused by name, and nothing is changed', () => {
  const machine = new Machine(VARIANT_B, P);
  const before = machine.bytes.slice();
  const refused: readonly (readonly [Operation, RegExp])[] = [
    [init('0@32'), /pages 32\.\.32 are not in a chunk of 32/],
    [init('2@30'), /pages 30\.\.33 are not in a chunk of 32/],
    [init('0@-1'), /pages -1\.\.-1 are not/],
    [init('0@1.5'), /are not in a chunk/],
    [free(32), /pages 32\.\.32/],
    [{ op: 'unlock', pfn: 40 }, /pages 40\.\.40/],
    [poke(32, 0, 1, 0n), /pages 32\.\.32/],
    [poke(0, -1, 1, 0n), /bytes -1\.\.-1 are not in a struct page/],
    [poke(0, 61, 4, 0n), /bytes 61\.\.64 are not in a struct page/],
  ];
  for (const [op, message] of refused) assert.throws(() => machine.apply(op), message);
  assert.equal([...machine.bytes], [...before]);
  assert.not.throws(() => machine.apply(init('2@28')));
  assert.not.throws(() => machine.apply(poke(0, 60, 4, 7n)));
  assert.is(words(machine, 0), 'c000000000002000 P 0 0 0 0 ffffffff 700000000');
});

test('how the lock is dropped, what the driver stores, whether it is rmappable', () => {
  const made = (more: object, order = 1): string[] => {
    const machine = new Machine(VARIANT_B, P);
    machine.apply(init(`${order}@8`, more));
    return [8, 9].map((page) => words(machine, page));
  };
  const [head = '', tail = ''] = made({});
  assert.is(head, 'c000000000002040 P 0 0 0 0 1ffffffff 0');
  assert.match(tail, /^c000000000002201 /);
  assert.equal(made({ unlock: 'folio' }), [head, tail]);
  assert.is(made(LOCKED)[0], head.replace('2040', '2041'));
  assert.is(made({ zdd: 0x1122334555667789n })[0], head.replace(' P 0 ', ' P 1122334555667789 '));
  assert.is(made({ zdd: 0n })[0], head);
  assert.match(made({ rmappable: false })[1] ?? '', /^c000000000002001 /);
  assert.equal(made({}, 0), ['c000000000002000 P 0 0 0 0 1ffffffff 0', FRESH], 'order 0 has no page 1');
});

test('steps are counted from 1, or named; references and callbacks are those of the step', () => {
  const machine = new Machine(VARIANT_B, P, { provenance: true });
  assert.equal([machine.provenance, machine.refs, machine.stopped], [true, 0, false]);
  assert.is(new Machine(VARIANT_B, P).provenance, false);
  assert.equal(machine.apply(init('1@8')), { callbacks: [], refs: 2, warnings: [] });
  assert.is(machine.origin(9, 8)?.step, 1);
  assert.equal(machine.apply(init('0@0'), 7).refs, 3);
  assert.is(machine.origin(0, 52)?.step, 7);
  assert.equal(machine.apply(free(8)).callbacks, [{ fn: 'folio_free', pfn: 8, order: 1 }]);
  assert.is(machine.origin(8, 52)?.step, 8, 'on from there');
  assert.equal(machine.apply({ op: 'unlock', pfn: 9 }).callbacks, [], 'of this step alone');
  assert.is(new Machine(VARIANT_B, P).origin(0, 0), undefined);
});

test('warnings are those of the step', () => {
  const machine = new Machine(VARIANT_B, P);
  machine.apply(poke(9, 40, 1, 1n));
  assert.is(machine.apply(init('1@8')).warnings.length, 1);
  assert.equal(machine.apply(init('1@16')).warnings, []);
});

test('who wrote a byte: the folio of that step, the role in it, and what the page was beside it', () => {
  const machine = new Machine(VARIANT_A, P, { provenance: true });
  for (const op of [init('3@8'), free(8), init('0@9', LOCKED)]) machine.apply(op);
  // Variant a locks the old head.
  const lock = machine.origin(8, 0, 0);
  assert.equal(
    [lock?.fn, lock?.step, lock?.folio, lock?.role],
    ['lock_page', 3, { pfn: 9, order: 0 }, 'head'],
  );
  const tail = machine.origin(11, 24);
  assert.equal([tail?.step, tail?.folio, tail?.role], [1, { pfn: 8, order: 3 }, 'tail']);
  const last = machine.origin(15, 8);
  assert.equal([last?.folio, last?.role], [{ pfn: 8, order: 3 }, 'tail']);
  const fresh = machine.origin(16, 0, 3);
  assert.equal(
    [fresh?.step, fresh?.folio, fresh?.role, fresh?.fn],
    [0, undefined, 'fresh', '__init_zone_device_page'],
  );
  machine.apply(poke(20, 40, 1, 1n));
  assert.equal([machine.origin(20, 40)?.folio, machine.origin(20, 40)?.role], [undefined, 'fresh']);
  assert.equal([machine.origin(20, 40)?.fn, machine.origin(20, 40)?.field], ['poke', 'poke']);
  machine.apply(poke(12, 40, 1, 1n));
  assert.equal(machine.origin(12, 40)?.folio, { pfn: 8, order: 3 });
});

test('the page behind the folio of a step is none of its pages', () => {
  const machine = new Machine(
    VARIANT_D2,
    place(32, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false })),
    {
      provenance: true,
    },
  );
  machine.apply(init('0@9'));
  machine.apply(init('0@8'));
  const beside = machine.origin(9, 16);
  assert.equal([beside?.step, beside?.folio, beside?.role], [2, { pfn: 8, order: 0 }, 'order0']);
  machine.apply(init('0@20'));
  assert.is(machine.origin(21, 16)?.role, 'fresh');
});

test('after a crash or a hang nothing but a reset, which is a new boot', () => {
  const machine = new Machine(VARIANT_A, P);
  for (const op of [init('3@8'), free(8), init('0@8', LOCKED)]) machine.apply(op);
  const { hang } = machine.apply(init('0@9'));
  assert.ok(hang && machine.stopped);
  assert.throws(() => machine.apply(init('0@20')), /crashed or hung/);
  assert.equal(machine.apply({ op: 'reset' }), { callbacks: [], refs: 0, warnings: [] });
  assert.equal([machine.stopped, machine.refs], [false, 0]);
  for (let page = 0; page < 32; page += 1) {
    assert.is(words(machine, page), FRESH);
    assert.is(machine.roles.describe(page), 'fresh');
  }
  assert.is(machine.apply(init('0@9')).refs, 1);
});

test('a reset is the last writer of every byte, also as the first step, also of a place seen before', () => {
  for (let round = 0; round < 2; round += 1) {
    const machine = new Machine(VARIANT_B, P, { provenance: true });
    assert.is(machine.origin(3, 0)?.step, 0);
    machine.apply({ op: 'reset' });
    assert.equal([machine.origin(3, 0)?.step, machine.origin(31, 63)?.step], [1, 1]);
    assert.is(machine.origin(3, 0)?.folio, undefined, 'about no folio');
    assert.is(machine.origin(3, 0)?.fn, '__init_zone_device_page');
  }
});

test('a new boot knows nothing of the steps before it, whose numbers may come again', () => {
  const machine = new Machine(VARIANT_B, P, { provenance: true });
  const about = (page: number): unknown => {
    const { step, fn, folio, role } = machine.origin(page, 40) ?? {};
    return { step, fn, folio, role };
  };
  const guest = machine.bytes.slice();
  guest[9 * 64 + 40] = 0x77;
  machine.apply(init('3@8'), 1);
  machine.apply(init('2@16'), 2);
  machine.apply({ op: 'reset' }, 1);
  machine.resync(guest, 0, 2);
  assert.equal(about(8), { step: 1, fn: '__init_zone_device_page', folio: undefined, role: 'fresh' });
  assert.equal(about(9), { step: 2, fn: 'code outside the model', folio: undefined, role: 'fresh' });
});

test('unlock of a page finds its head, of a folio takes it for one', () => {
  const quiet = place(32, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
  const locks = (how: 'page' | 'folio'): boolean[] => {
    const machine = new Machine(VARIANT_B, quiet);
    machine.apply(init('1@8', LOCKED));
    machine.apply({ op: 'unlock', pfn: 9, how });
    return [8, 9].map((page) => ((machine.bytes[page * 64] as number) & 1) === 1);
  };
  assert.equal(locks('page'), [false, true], 'bit 0 of the order');
  assert.equal(locks('folio'), [true, false]);
  const loud = new Machine(VARIANT_B, P);
  loud.apply(init('1@8', LOCKED));
  const { crash } = loud.apply({ op: 'unlock', pfn: 9, how: 'folio' });
  assert.is(crash?.line, 'include/linux/page-flags.h:345');
});

test('a folio that is freed is dead, and no other', () => {
  const machine = new Machine(VARIANT_B, P);
  for (const op of [init('0@0'), init('1@8'), free(8)]) machine.apply(op);
  assert.equal(
    [0, 8, 9].map((page) => machine.roles.describe(page)),
    ['order0', 'free head', 'free tail1'],
  );
});

/** One page of user memory on device page 11. */
const ON_DEVICE: readonly UserOperation[] = [
  { op: 'mmap', name: 'm', pages: 8, thp: false },
  { op: 'access', name: 'm', page: 0, count: 1, write: true },
  { op: 'migrate', name: 'm', to: [{ page: 0, pfn: 11, order: 0 }] },
];

test('who wrote a byte in a step on user memory: the folio and role that the page had after it', () => {
  const machine = new Machine(VARIANT_A, P, { provenance: true });
  for (const op of [...ON_DEVICE, { op: 'dontneed', name: 'm', page: 0, count: 1 } as const, init('3@8')])
    machine.apply(op);
  const index = machine.origin(11, 32);
  assert.equal([index?.step, index?.folio, index?.role], [3, { pfn: 11, order: 0 }, 'order0']);
});

test('a new boot knows nothing of user memory', () => {
  const machine = new Machine(VARIANT_B, P, { provenance: true });
  for (const op of ON_DEVICE) machine.apply(op);
  assert.equal([machine.user.mappings(), machine.user.charged], [['m'], 1]);
  machine.forgetUser();
  assert.equal([machine.followsUser, machine.user.mappings()], [false, []]);
  machine.apply({ op: 'reset' });
  assert.equal([machine.followsUser, machine.user.charged], [true, 0]);
  for (const op of ON_DEVICE) machine.apply(op);
  machine.apply({ op: 'reset' });
  assert.equal(machine.user.mappings(), []);
  machine.apply(init('3@8'), 3);
  assert.equal(machine.origin(9, 8)?.folio, { pfn: 8, order: 3 }, 'step 3 is another one now');
});

test('what code outside the model has written: bytes, references, writers of what changed; a stopped kernel goes on', () => {
  const machine = new Machine(VARIANT_A, P, { provenance: true });
  for (const op of [init('3@8'), free(8), init('0@8', LOCKED), init('0@9')]) machine.apply(op);
  assert.ok(machine.stopped);
  const guest = machine.bytes.slice();
  guest[20 * 64 + 40] = 0x77;
  machine.resync(guest, 12);
  assert.equal([machine.stopped, machine.refs], [false, 12]);
  assert.equal([...machine.bytes], [...guest]);
  assert.equal([machine.origin(20, 40)?.fn, machine.origin(20, 40)?.step], ['code outside the model', 5]);
  assert.is(machine.origin(20, 41)?.step, 0, 'what agrees keeps its writer');
  guest[21 * 64 + 40] = 1;
  machine.resync(guest, 12, 9);
  assert.is(machine.origin(21, 40)?.step, 9);
  for (const word of [0, 32 * 64 - 4])
    for (let i = word; i < word + 4; i += 1) guest[i] = (guest[i] as number) ^ 0xff;
  machine.resync(guest, 12);
  assert.equal([...machine.bytes], [...guest], 'from the first byte to the last');
});

test('a search goes back to where it was', () => {
  const machine = new Machine(VARIANT_A, P);
  for (const op of [init('3@8'), free(8), init('0@8', LOCKED), init('0@9')]) machine.apply(op);
  machine.rewind(1);
  assert.equal([machine.stopped, machine.refs], [false, 1]);
});

test('the flags word of a fresh page: told, or zone and PG_reserved by the layout', () => {
  const layout = layout73();
  const flags = (freshFlags?: bigint): string => {
    const where = { ...place(4, layout), ...(freshFlags === undefined ? {} : { freshFlags }) };
    return words(new Machine(VARIANT_B, where), 3).split(' ')[0] ?? '';
  };
  assert.is(flags(), 'c000000000002000');
  assert.is(flags(0x07ffffc000002000n), '7ffffc000002000');
  const other = { ...layout, zoneDevice: 1, zonesShift: 60 };
  assert.match(words(new Machine(VARIANT_B, place(4, other)), 0), /^1000000000002000 /);
});

test.run();
