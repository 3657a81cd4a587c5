import type { z } from 'zod';
import { MAIN_PROCESS } from '../../model/mapping/operation.js';
import type { MappedPage } from '../../model/mapping/state.js';
import { actionOf, DEFAULT_MAPPING, MAX_ORDER, Step } from '../schema.js';
import { Dice } from './dice.js';
import { drawPlace } from './place.js';
import { Walk } from './walk.js';
import type { DrawnOperation, Weights } from './weights.js';

/** Steps that are drawn in place of one that cannot be taken, before a sequence ends. */
const TRIES = 12;
/** Names of mappings and of children. */
const MAPPINGS = [DEFAULT_MAPPING, 'n'];
const CHILDREN = ['c', 'd'];
const HUGE = 2 ** MAX_ORDER;
/** Pages of mappings: few, a huge page, a huge page and few behind it. */
const SIZES = [4, HUGE, HUGE, HUGE, HUGE + 4];
/** Ranges that single pages, halves and the ends of a huge page are. */
export const RANGES = [
  [0, 1],
  [1, 1],
  [2, 3],
  [255, 2],
  [256, 256],
  [0, 256],
  [511, 1],
  [0, 512],
] as const;

/** A step before the defaults of the schema are put in. */
type Input = z.input<typeof Step>;

/** A dice for each sequence of a campaign, far from those of its neighbours. */
export function diceOf(seed: number, index: number): Dice {
  const mixed = new Dice(seed).roll(2 ** 32) ^ Math.imul(index, 0x9e3779b1);
  return new Dice(mixed);
}

/**
 * Sequence `index` of the campaign of `seed`: the same on every machine and for every kernel. It can be carried out from
 * pristine pages, and a kernel like 7.3 goes through it without a crash, a hang or a warning. Empty where the weights allow none.
 */
export function drawSequence(seed: number, index: number, weights: Weights): readonly Step[] {
  const dice = diceOf(seed, index);
  const { steps, mixes } = weights;
  const shares = Object.fromEntries(Object.entries(mixes).map(([name, { share }]) => [name, share]));
  const mix = mixes[dice.weighted(shares) ?? ''];
  if (mix === undefined) return [];
  const length = steps.least + dice.roll(Math.max(1, steps.most - steps.least + 1));
  const walk = new Walk();
  for (let failed = 0; walk.steps.length < length && failed < TRIES;) {
    const op = dice.weighted<DrawnOperation>(mix.operations);
    const drawn = op === undefined ? undefined : drawStep(op, dice, walk, weights);
    const taken = drawn !== undefined && walk.take(Step.parse(drawn));
    failed = taken ? 0 : failed + 1;
  }
  return walk.steps;
}

/** One step with the operation, or one that has to come before it; undefined where there is nothing to do it to. */
function drawStep(op: DrawnOperation, dice: Dice, walk: Walk, weights: Weights): Input | undefined {
  const { book, machine } = walk;
  const how = dice.chance(75) ? 'page' : 'folio';
  switch (op) {
    case 'init': {
      const order = Number(dice.weighted(Object.fromEntries(weights.orders.entries())) ?? 0);
      const pfn = drawPlace(dice, book.lives, order, weights.reuse);
      const inTheWay = [...book.own].find(([at, own]) => at < pfn + 2 ** order && pfn < at + 2 ** own.order);
      if (inTheWay) return { free: { pfn: inTheWay[0], how } };
      const unlock = dice.chance(weights.locked) ? 'none' : how;
      const zdd = dice.chance(weights.data) ? { zdd: `0x${(dice.roll(2 ** 31) + 1).toString(16)}00` } : {};
      return { init: { pfn, order, unlock, ...zdd } };
    }
    case 'free':
      return book.own.size === 0 ? undefined : { free: { pfn: dice.pick([...book.own.keys()]), how } };
    case 'unlock': {
      const locked = [...book.own].flatMap(([pfn, own]) => (own.locked ? [pfn] : []));
      return locked.length === 0 ? undefined : { unlock: { pfn: dice.pick(locked), how } };
    }
    case 'knobs':
      return { knobs: dice.chance(20) ? { splitOp: dice.chance(50) } : { failLarge: dice.roll(3) } };
    case 'evict':
      return { evict: drawEvict(dice, walk) };
    case 'fork':
      return { fork: { child: dice.pick(CHILDREN) } };
    case 'exit': {
      const children = machine.user.processes.slice(1);
      return children.length === 0 ? undefined : { exit: { child: dice.pick(children) } };
    }
    case 'mmap':
      return { mmap: { name: dice.pick(MAPPINGS), pages: dice.pick(SIZES), thp: dice.chance(75) } };
    default:
      return drawOnMapping(op, dice, walk, weights);
  }
}

type OnMapping = Exclude<
  DrawnOperation,
  'init' | 'free' | 'unlock' | 'knobs' | 'evict' | 'fork' | 'exit' | 'mmap'
>;

/** A step on a mapping; where there is none, the step that makes one. */
function drawOnMapping(op: OnMapping, dice: Dice, walk: Walk, weights: Weights): Input | undefined {
  const { user } = walk.machine;
  const processes =
    op === 'migrate' ? [MAIN_PROCESS] : user.processes.filter((process) => user.mappings(process).length > 0);
  const process = processes.length === 0 ? MAIN_PROCESS : dice.pick(processes);
  const names = user.mappings(process);
  if (names.length === 0)
    return { mmap: { name: DEFAULT_MAPPING, pages: dice.pick(SIZES), thp: dice.chance(75) } };
  const name = dice.pick(names);
  const where = { name, ...(process === MAIN_PROCESS ? {} : { in: process }) };
  const all = user.pages(name, process);
  const [page, pages] = drawRange(dice, all);
  switch (op) {
    case 'fill':
      // Twice in a row is once.
      return walk.steps.at(-1)?.fill ? undefined : { fill: { ...where, seed: 1 + dice.roll(1000) } };
    case 'verify':
      return { verify: where };
    case 'touch':
      return { touch: { ...where, page, pages, write: dice.chance(50) } };
    case 'dontneed':
      return { dontneed: { ...where, page, pages } };
    case 'munmap':
      return { munmap: dice.chance(50) ? where : { ...where, page, pages } };
    case 'mprotect':
      return { mprotect: { ...where, page, pages, prot: dice.pick(['r', 'rw', 'rw', 'none']) } };
    case 'migrate': {
      const abort = dice.chance(10) ? { abort: true } : {};
      return { migrate: { name, to: drawDestinations(dice, walk, all.length, weights), ...abort } };
    }
  }
}

function drawRange(dice: Dice, pages: readonly MappedPage[]): readonly [number, number] {
  const device = pages.findIndex(({ kind }) => kind === 'device');
  if (device >= 0 && dice.chance(40)) return [device, 1];
  const fitting = RANGES.filter(([page, count]) => page + count <= pages.length);
  return dice.pick(fitting);
}

interface Entry {
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
  readonly count?: number;
}

/** Destinations of one migration: a huge page whole or in pieces, single pages, or both in one call. */
function drawDestinations(dice: Dice, walk: Walk, pages: number, { reuse }: Weights): Entry[] {
  const { lives } = walk.book;
  const to: Entry[] = [];
  if (pages >= HUGE && dice.chance(60)) {
    const pfn = drawPlace(dice, lives, MAX_ORDER, reuse);
    to.push(dice.chance(80) ? { page: 0, pfn, order: MAX_ORDER } : { page: 0, pfn, order: 0, count: HUGE });
  }
  const behind = to.length > 0 ? HUGE : 0;
  if (behind >= pages || (behind > 0 && dice.chance(50))) return to;
  const wanted = 1 + dice.roll(4);
  for (let i = 0; i < wanted; i += 1) {
    const page = behind + (i === 0 ? 0 : dice.roll(pages - behind));
    const pfn = drawPlace(dice, lives, 0, reuse);
    const clash = to.some(
      (one) => one.page === page || (pfn >= one.pfn && pfn < one.pfn + 2 ** one.order * (one.count ?? 1)),
    );
    if (!clash && !walk.machine.roles.live(pfn)) to.push({ page, pfn, order: 0 });
  }
  return to.length > 0 ? to : [{ page: 0, pfn: drawPlace(dice, lives, 0, 0), order: 0 }];
}

/** Living folios by their pages, some or all of the chunk. */
function drawEvict(dice: Dice, { machine }: Walk): NonNullable<Step['evict']> | Record<string, never> {
  const { roles } = machine;
  const heads: number[] = [];
  for (let page = 0; page < roles.pages; page += 2 ** roles.order(page))
    if (roles.live(page) && roles.folio(page).pfn === page) heads.push(page);
  if (heads.length === 0 || dice.chance(30)) return {};
  const head = dice.pick(heads);
  const pages = 2 ** roles.order(head);
  if (dice.chance(50)) return { pfn: head, pages };
  return pages === 1 ? { pfns: [head, (head + 1) % roles.pages] } : { pfn: head, pages: pages + 1 };
}

/** Whether a sequence needs what only some kernels have. */
export function needsOf(steps: readonly Step[]): ('migrate' | 'thp')[] {
  const actions = steps.map(actionOf);
  const thp = actions.some((action) => action.op === 'mmap' && action.args.thp === true);
  const migrate = actions.some(({ op }) => op === 'migrate');
  return [...(migrate ? ['migrate' as const] : []), ...(thp ? ['thp' as const] : [])];
}
