import { compareMemory } from '../compare.js';
import type { Place } from '../kernel.js';
import type { Effects } from '../operation.js';
import { RoleMap } from '../roles.js';
import type { Variant } from '../variants.js';
import { Twins, follow, sameEffects } from './difference.js';
import type { Difference } from './difference.js';
import { Search } from './search.js';
import type { SearchStep, Universe } from './universe.js';

export interface TellingOptions {
  /** Sequences of at most so many steps. */
  readonly depth: number;
  /** `bits`: anything that a guest shows; `effects`: crash, hang, warnings, callbacks and references only. */
  readonly by: 'bits' | 'effects';
  /** Sequences to describe. */
  readonly limit: number;
  /** Not deeper once so many states are known; default: no end. */
  readonly maxStates?: number;
  readonly place?: Place;
}

/** A shortest sequence after whose last step two kernels differ. */
export interface Telling {
  readonly steps: readonly SearchStep[];
  /** Orders of its steps that come to the same. */
  readonly ways: number;
  /** Other sequences that differ in the same fields of pages with the same roles. */
  readonly alike: number;
  readonly differences: readonly Difference[];
  /** What comes of it: the folios still alive are freed, and this is what differs in it so long as both come back. */
  readonly afterwards: readonly { readonly step: SearchStep; readonly differences: readonly Difference[] }[];
}

export interface Tellings {
  readonly a: string;
  readonly b: string;
  readonly universe: string;
  readonly by: 'bits' | 'effects';
  /** Steps of the sequences found; or, where there are none, the steps up to which all were tried. */
  readonly depth: number;
  /** Shortest telling sequences, orders that come to the same counted once. */
  readonly count: number;
  /** One for each way to differ, the worst first, then more of them, up to the limit. */
  readonly tellings: readonly Telling[];
  readonly states: number;
  readonly steps: number;
  /** Nothing tells them apart, and no longer sequence can: all states that can be reached were. */
  readonly closed: boolean;
}

/** Telling sequences that are looked at closely, to sort them by what differs. */
const LOOKED_AT = 2000;

/** The shortest sequences of a universe that tell two variants apart. */
export function tellApart(universe: Universe, a: Variant, b: Variant, options: TellingOptions): Tellings {
  const search = new Search(universe, [a, b], options.place);
  const edges: { readonly node: number; readonly action: number }[] = [];
  const differ = differs(search, options.by);
  const more = (): boolean =>
    search.layers.length <= options.depth &&
    !search.closed &&
    edges.length === 0 &&
    search.states < (options.maxStates ?? Infinity);
  while (more())
    search.deepen(({ node, action, effects }) => {
      if (!differ(node, action, effects)) return true;
      edges.push({ node, action });
      return false;
    });
  const looked = edges
    .slice(0, LOOKED_AT)
    .map(({ node, action }) => lookAt(search, a, b, node, action, options.by));
  return {
    a: a.id,
    b: b.id,
    universe: universe.id,
    by: options.by,
    depth: search.layers.length - 1,
    count: edges.length,
    tellings: choose(looked, options.limit),
    states: search.states,
    steps: search.steps,
    closed: search.closed && edges.length === 0,
  };
}

/** The test of the hot loop: equal words are equal bits; only where words differ, masks and roles are looked up. */
function differs(
  search: Search,
  by: TellingOptions['by'],
): (node: number, action: number, effects: readonly Effects[]) => boolean {
  const [one, other] = search.walkers.map((walker) => walker.machine);
  if (!one || !other) throw new RangeError('two variants are compared');
  return (node, action, [a, b]) => {
    if (!a || !b || !sameEffects(a, b)) return true;
    if (by === 'effects' || one.stopped) return false;
    const left = one.memory;
    const right = other.memory;
    const from = Math.min(left.touchedFrom, right.touchedFrom) * 16;
    const to = Math.max(left.touchedTo, right.touchedTo) * 16;
    let at = from;
    while (at < to && left.words[at] === right.words[at]) at++;
    if (at >= to) return false;
    const roles = new RoleMap(search.universe.pages);
    const last = search.actions[action];
    for (const { op } of [...search.pathTo(node), ...(last ? [last] : [])]) follow(roles, op);
    return compareMemory(search.place.layout, one.bytes, other.bytes, (p) => roles.role(p), 1).length > 0;
  };
}

function lookAt(
  search: Search,
  a: Variant,
  b: Variant,
  node: number,
  action: number,
  by: TellingOptions['by'],
): Omit<Telling, 'alike'> {
  const last = search.actions[action];
  const actions = [...search.pathTo(node), ...(last ? [last] : [])];
  const steps = actions.map(({ op }) => op);
  const twins = new Twins(a, b, search.place);
  let effects: Difference[] = [];
  for (const step of steps) effects = twins.step(step);
  const differences = by === 'bits' ? [...effects, ...twins.bits()] : effects;
  const afterwards: { step: SearchStep; differences: Difference[] }[] = [];
  for (const step of cleanUp(steps)) {
    if (twins.stopped) break;
    const found = twins.step(step);
    if (found.length > 0) afterwards.push({ step, differences: found });
  }
  return { steps, ways: search.waysTo(node), differences, afterwards };
}

/** Unlocks and frees what a sequence leaves alive, the folio made last first: what it did is in question. */
function cleanUp(steps: readonly SearchStep[]): SearchStep[] {
  const live = new Map<number, boolean>();
  const sizes = new Map<number, number>();
  for (const op of steps)
    if (op.op === 'init') {
      live.set(op.pfn, op.unlock === 'none');
      sizes.set(op.pfn, 2 ** op.order);
    } else if (op.op === 'unlock') live.set(op.pfn, false);
    else if (op.op === 'free') live.delete(op.pfn);
    else if (op.op === 'split')
      for (let i = 0; i < (sizes.get(op.pfn) ?? 1); i++) live.set(op.pfn + i, false);
  return [...live]
    .toReversed()
    .flatMap(([pfn, locked]): SearchStep[] => [
      ...(locked ? [{ op: 'unlock', pfn } as const] : []),
      { op: 'free', pfn },
    ]);
}

const WORST_FIRST = ['crash', 'hang', 'foreign', 'warnings', 'callbacks', 'references', 'bits'] as const;

function rank({ differences, afterwards }: Omit<Telling, 'alike'>): number {
  const worst = (list: readonly Difference[]): number =>
    Math.min(WORST_FIRST.length, ...list.map(({ kind }) => WORST_FIRST.indexOf(kind)));
  return worst(differences) * 10 + worst(afterwards.flatMap((one) => one.differences));
}

/** What kind of difference it is, without places and values. */
function signature({ differences, afterwards }: Omit<Telling, 'alike'>): string {
  const words = (list: readonly Difference[]): string[] => [
    ...new Set(list.map(({ kind, field, transition }) => [kind, field, transition].join(' '))),
  ];
  return [
    ...words(differences).sort(),
    '|',
    ...words(afterwards.flatMap((one) => one.differences)).sort(),
  ].join('\n');
}

function choose(all: readonly Omit<Telling, 'alike'>[], limit: number): Telling[] {
  const groups = new Map<string, Omit<Telling, 'alike'>[]>();
  for (const one of all) {
    const key = signature(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const first = (group: readonly Omit<Telling, 'alike'>[]): Omit<Telling, 'alike'> =>
    group[0] as Omit<Telling, 'alike'>;
  const sorted = [...groups.values()].sort((x, y) => rank(first(x)) - rank(first(y)));
  const rounds = Math.max(0, ...sorted.map((group) => group.length));
  const chosen: Telling[] = [];
  for (let round = 0; round < rounds && chosen.length < limit; round++)
    for (const group of sorted) {
      const one = group[round];
      if (one && chosen.length < limit) chosen.push({ ...one, alike: group.length - 1 });
    }
  return chosen;
}
