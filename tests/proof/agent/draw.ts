import type { Request } from '../../../orchestrator/scenario/protocol.js';
import type { Dice } from '../../../orchestrator/scenario/random/dice.js';

/** What no member of a request should be, and some that it may. */
const ODD: readonly unknown[] = [
  -1,
  0,
  1,
  7,
  4095,
  2 ** 20,
  2 ** 31,
  2 ** 53 - 1,
  1.5,
  1e300,
  '0xffffffffffffffff',
  '0x8000000000000000',
  '',
  'page',
  'x'.repeat(3000),
  '../..',
  null,
  true,
  false,
  [],
  [0, 1, 1],
  {},
  [[[[{}]]]],
];

const PFNS = [
  0, 1, 2, 3, 8, 16, 34, 255, 256, 511, 512, 513, 1023, 1024, 1536, 2047, 2048, 2049, 2304, 2559, 2560,
];
const COUNTS = [1, 1, 2, 3, 4, 8, 16, 64, 256, 512];
const PAGES = [0, 0, 1, 2, 3, 7, 8, 100, 255, 256, 511];
const ADVICE = ['dontneed', 'populate_read', 'cold', 'pageout', 'swapout', 'free', 'collapse', 'mergeable'];

type Draw = (dice: Dice) => unknown;
const of =
  (...list: readonly unknown[]): Draw =>
  (dice) =>
    dice.pick(list);
const flag = of(true, false);
const name = of('a', 'a', 'a', 'a', 'b');
const child = of('k', 'l');
const page = of(...PAGES);
const n = of(...COUNTS);
const pfn = of(...PFNS);
const order: Draw = (dice) => (dice.chance(40) ? dice.pick([0, 9]) : dice.roll(11));
const owner = of('first', 'second', 'coherent');
const range = { name, page, n };
const ways = of('page', 'folio');

const destination: Draw = (dice) => ({ page: dice.pick(PAGES), pfn: dice.pick(PFNS), order: order(dice) });
const huge: Draw = (dice) => [{ page: 0, pfn: dice.pick([0, 512, 1024, 2048]), order: 9 }];
const small: Draw = (dice) => Array.from({ length: 1 + dice.roll(6) }, () => destination(dice));

const thread: Draw = (dice) =>
  members(dice, {
    do: of('touch', 'write', 'migrate', 'evict', 'munmap', 'dontneed', 'init', 'fork', 'hmm', 'back'),
    ...range,
    pfn,
    order,
    times: of(1, 2, 4, 8),
    cpu: of(0, 1),
  });

/** The members that each operation knows. `poke`, and what is allowed only beside it, is asked for as well. */
const OPS: Readonly<Record<string, Readonly<Record<string, Draw>>>> = {
  init: { pfn, order, unlock: of('page', 'folio', 'none'), rmappable: flag, zdd: pfn, unsafe: flag },
  unlock: { pfn, how: ways, unsafe: flag },
  free: { pfn, how: ways, unsafe: flag },
  reuse: { pfn, to: pfn, order, how: ways },
  poke: { pfn, byte: of(0, 8, 52), size: of(1, 8), value: of('0x0', '0xffffffffffffffff') },
  dump: { pfn, n },
  reset: { unsafe: flag },
  counters: {},
  observe: { coherent: flag },
  charge: {},
  knobs: {
    fail_large: of(0, 1, 2),
    fail_small: of(0, 1, 5),
    linger_us: of(0, 100, 2000),
    free_us: of(0, 10, 100),
    lock_pfn: pfn,
    lock_us: of(0, 100),
    split_op: flag,
  },
  evict: { pfn, n, pfns: (dice) => Array.from({ length: 1 + dice.roll(5) }, () => dice.pick(PFNS)) },
  mmap: { name, pages: of(4, 512, 512, 512, 1024), thp: flag },
  mremap: { name, to: name, page, n, at: of(0, 1, 511), dontunmap: flag },
  populate: { name, order },
  fill: { ...range, seed: of(1, 2) },
  verify: { ...range, seed: of(1, 2) },
  munmap: { ...range, every: of(1, 2) },
  mprotect: { ...range, every: of(1, 2), prot: of('none', 'r', 'rw') },
  madvise: { ...range, every: of(1, 2), advice: of(...ADVICE) },
  mlock: { ...range, every: of(1, 2), onfault: flag },
  munlock: { ...range, every: of(1, 2) },
  cgroup: { enter: of('g', 'h'), leave: flag, limit: of(2048, 8192, 65536) },
  exclusive: range,
  hmm: { ...range, fault: of('read', 'write'), stranger: flag, owner },
  pin: { ...range, write: flag, pipe: flag },
  unpin: {},
  uffd: { name, mode: of('missing', 'wp', 'none') },
  swap: { on: flag, pages: of(16, 4095), sync: flag, hold: flag },
  race: {
    seed: of(1, 2),
    spread_us: of(0, 100),
    threads: (dice) => Array.from({ length: 1 + dice.roll(4) }, () => thread(dice)),
  },
  touch: { ...range, write: flag },
  insert: { name, pages: of(1, 4, 8), pfn },
  migrate: {
    name,
    to: (dice) => (dice.chance(50) ? huge(dice) : small(dice)),
    compound: flag,
    abort: flag,
    from_device: flag,
    stranger: flag,
    held: flag,
    owner,
  },
  back: { ...range, compound: flag, system: flag, owner },
  usermap: { name },
  fork: { child },
  exit: { child },
  reseed: { seed: of('0x1', '0x2') },
  nonsense: { name },
};
/** Without these there is nothing to do anything with. */
const OFTEN = ['mmap', 'fill', 'migrate', 'migrate', 'touch', 'init', 'free', 'evict', 'munmap'];
/** All but what makes an end of everything. */
const OTHERS = Object.keys(OPS).filter((op) => op !== 'reset');
/** Members that most of the time are left out: they change what the rest would do. */
const SELDOM = new Set(
  'unsafe abort stranger held from_device system every owner hold at pfns leave unlock'.split(' '),
);
/** Members that are what they are by default nearly as often as not. */
const OFTEN_LEFT_OUT = new Set(['page', 'n', 'how']);

function members(dice: Dice, known: Readonly<Record<string, Draw>>): Record<string, unknown> {
  const drawn: Record<string, unknown> = {};
  for (const [key, draw] of Object.entries(known)) {
    if (!dice.chance(SELDOM.has(key) ? 6 : OFTEN_LEFT_OUT.has(key) ? 60 : 94)) continue;
    drawn[key] = dice.chance(1) ? dice.pick(ODD) : draw(dice);
  }
  if (dice.chance(2)) drawn[dice.pick(['pfn', 'name', 'to', 'in', 'junk'])] = dice.pick(ODD);
  return drawn;
}

/** Any request: most could be meant, some are nonsense, and what is right by itself need not fit what there is. */
export function drawAny(dice: Dice): Request {
  const op = dice.chance(50) ? dice.pick(OFTEN) : dice.pick(dice.chance(10) ? Object.keys(OPS) : OTHERS);
  const drawn = members(dice, OPS[op] ?? {});
  if (dice.chance(4)) drawn['in'] = child(dice);
  return { ...drawn, op };
}
