import { compareMemory } from '../compare.js';
import type { Place } from '../kernel.js';
import { PAGE_WORDS } from '../layout.js';
import type { Machine } from '../machine.js';
import type { Effects } from '../operation.js';
import { RoleMap } from '../roles.js';
import type { Variant } from '../variants.js';
import { choose } from './choose.js';
import type { Looked, Telling } from './choose.js';
import { cleanUp } from './clean-up.js';
import { Twins, follow, sameEffects } from './difference.js';
import type { Difference } from './difference.js';
import { Search } from './search.js';
import type { SearchStep, Universe } from './universe.js';

export type { Telling } from './choose.js';

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
  const [one, other] = search.walkers.map((walker) => walker.machine) as [Machine, Machine];
  return (node, action, effects) => {
    const [a, b] = effects as [Effects, Effects];
    if (!sameEffects(a, b)) return true;
    if (by === 'effects' || one.stopped) return false;
    const left = one.memory;
    const right = other.memory;
    const from = Math.min(left.touchedFrom, right.touchedFrom) * PAGE_WORDS;
    const to = Math.max(left.touchedTo, right.touchedTo) * PAGE_WORDS;
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
): Looked {
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
