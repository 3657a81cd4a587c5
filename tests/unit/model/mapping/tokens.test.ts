import * as assert from 'uvu/assert';
import { Machine, VARIANT_B, layout73 } from '../../../../orchestrator/model/index.js';
import { placeholderInWords } from '../../../../orchestrator/model/mapping/tokens.js';
import { suite } from '../../../harness/suite.js';
import { place, poke } from '../support.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, step, word } from './user.js';

const test = suite('model/mapping/tokens');

const ANON = 0xffff888012345670n;
const OTHER_ANON = 0xffff888012345680n;
const OBJCG = 0xffff888000777000n;
const [MAPPING, IDS, MEMCG] = [24, 40, 56];

const set = (bytes: Uint8Array, page: number, at: number, value: bigint): void =>
  new DataView(bytes.buffer).setBigUint64(page * 64 + at, value, true);

/** A huge page of two processes, a page of another VMA, one of a hole, and one that is on no page table. */
function machineOfTwo(): Machine {
  return play([
    ...hugeOnDevice,
    { op: 'fork', child: 'c' },
    { op: 'mmap', name: 'n', pages: 4, thp: false },
    { ...migrate([0, 600], [3, 1023]), name: 'n' } as ReturnType<typeof migrate>,
  ]);
}

/** What a kernel has in the place of the placeholders of `machineOfTwo`. */
function guestOfTwo(machine: Machine): Uint8Array {
  const guest = machine.bytes.slice();
  set(guest, 0, MAPPING, ANON | 1n);
  set(guest, 1, IDS, (0x80000003n << 32n) | 2n);
  for (const page of [600, 1023]) set(guest, page, MAPPING, OTHER_ANON | 1n);
  for (const page of [0, 600, 1023]) set(guest, page, MEMCG, OBJCG);
  return guest;
}

test('values of the guest take the place of all placeholders, flags beside them stay', () => {
  const machine = machineOfTwo();
  const guest = guestOfTwo(machine);
  machine.bind(guest);
  assert.equal(machine.bytes, guest);
});

test('later steps write the values that were learnt, and know them again', () => {
  const machine = machineOfTwo();
  machine.bind(guestOfTwo(machine));
  step(machine, { ...fill(1, 1), name: 'n' } as ReturnType<typeof fill>);
  step(machine, { ...migrate([1, 601]), name: 'n' } as ReturnType<typeof migrate>);
  assert.is(word(machine, 601, 3), OTHER_ANON | 1n);
  assert.is(word(machine, 601, 7), OBJCG);
  step(machine, munmap(0, 1));
  step(machine, { op: 'exit', process: 'c' });
  assert.is(word(machine, 1, 5), 2n, 'the slot of the child is free, the shared bit is gone');
  step(machine, munmap());
  assert.is(word(machine, 1, 5), 0n);
  step(machine, { op: 'munmap', name: 'n' });
  assert.is(machine.user.charged, 0, 'uncharged by the address that was learnt');
});

test('an id is learnt from either half, by what is not its flag', () => {
  const machine = play([...hugeOnDevice, { op: 'fork', child: 'c' }, munmap()]);
  const guest = machine.bytes.slice();
  set(guest, 1, IDS, 0x80000009n << 32n);
  machine.bind(guest);
  assert.is(word(machine, 1, 5), word(play([]), 1, 5) | (0x9n << 32n) | (word(machine, 1, 5) & (1n << 63n)));
});

test('a value that can be none of its kind is left to the comparison', () => {
  const machine = machineOfTwo();
  const before = machine.bytes.slice();
  const wrong = guestOfTwo(machine);
  set(wrong, 0, MAPPING, 0x1231n);
  // KSM, not merely anonymous
  for (const page of [600, 1023]) set(wrong, page, MAPPING, OTHER_ANON | 3n);
  for (const page of [0, 600, 1023]) set(wrong, page, MEMCG, OBJCG | 1n);
  // One that could be the model's own, and none.
  set(wrong, 1, IDS, 0x7f000001n << 32n);
  machine.bind(wrong);
  assert.equal(machine.bytes, before);
  set(wrong, 1, IDS, 0n);
  machine.bind(wrong);
  assert.equal(machine.bytes, before);
  set(wrong, 1, IDS, (0x7f000000n << 32n) | 1n);
  machine.bind(wrong);
  assert.is(word(machine, 1, 5), (0xff000000n << 32n) | 1n, 'the ends of what the kernel can give out');
});

test('the last value that is not known is learnt too', () => {
  const machine = machineOfTwo();
  machine.bind(guestOfTwo(machine));
  step(machine, { op: 'mmap', name: 'o', pages: 4, thp: false });
  step(machine, { ...migrate([0, 700]), name: 'o' } as ReturnType<typeof migrate>);
  const guest = machine.bytes.slice();
  set(guest, 700, MAPPING, (OTHER_ANON + 0x40n) | 1n);
  machine.bind(guest);
  assert.equal(machine.bytes, guest);
});

test('an anon_vma that was learnt is no object cgroup: what it charged oopses', () => {
  const machine = machineOfTwo();
  machine.bind(guestOfTwo(machine));
  machine.apply(poke(600, MEMCG, 8, OTHER_ANON));
  const { crash } = machine.apply({ op: 'munmap', name: 'n' });
  assert.is(crash?.line, 'mm/memcontrol.c:uncharge_folio');
});

test('a placeholder is only looked for in the field of its kind', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7])]);
  const anon = word(machine, 7, 3) & ~3n;
  machine.apply(poke(9, MEMCG, 8, anon));
  const before = word(machine, 9, 7);
  const guest = machine.bytes.slice();
  set(guest, 9, MEMCG, OBJCG);
  machine.bind(guest);
  assert.is(word(machine, 9, 7), before);
});

test('without MEMCG there is nothing to learn of it', () => {
  const machine = new Machine(VARIANT_B, place(1024, layout73('mask', { MEMCG: false })));
  for (const op of [map(4), fill(0, 1), migrate([0, 1023])]) step(machine, op);
  const guest = machine.bytes.slice();
  set(guest, 1023, MAPPING, ANON | 1n);
  machine.bind(guest);
  assert.equal(machine.bytes, guest);
  assert.is(machine.user.charged, 0);
  step(machine, { op: 'evict', pfn: 1023, count: 1 });
  assert.is(word(machine, 1023, 0), 0xc000000000022018n);
});

test('placeholders in words', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7])]);
  assert.is(placeholderInWords(word(machine, 7, 3)), 'anon_vma #3|1');
  assert.is(placeholderInWords(word(machine, 7, 7)), 'objcg #1');
  assert.is(placeholderInWords(word(machine, 7, 7) | 5n), 'objcg #1|5');
  assert.is(placeholderInWords(0xffffee0100000000n + 100n * 0x40n), 'anon_vma #100');
  assert.is(placeholderInWords(ANON), undefined);
  assert.is(placeholderInWords(0n), undefined);
});

test.run();
