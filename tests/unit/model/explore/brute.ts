import { Machine } from '../../../../orchestrator/model/index.js';
import type { Variant } from '../../../../orchestrator/model/index.js';
import { placeOf } from '../../../../orchestrator/model/explore/search.js';
import { actionsOf } from '../../../../orchestrator/model/explore/universe.js';
import type { Action, SearchStep, Universe } from '../../../../orchestrator/model/explore/universe.js';

/** Slots of the living folios, and whether each is locked. */
function living(universe: Universe, steps: readonly Action[]): Map<number, boolean> {
  const live = new Map<number, boolean>();
  for (const past of steps) {
    if (past.kind === 'poke') continue;
    if (past.kind === 'init' || past.kind === 'hold') live.set(past.slot, past.kind === 'hold');
    if (past.kind === 'unlock') live.set(past.slot, false);
    if (past.kind === 'free' || past.kind === 'split') live.delete(past.slot);
    if (past.kind === 'split') {
      const { pfn, order } = universe.slots[past.slot] as { pfn: number; order: number };
      for (const [slot, piece] of universe.slots.entries())
        if (piece.order === 0 && piece.pfn >= pfn && piece.pfn < pfn + 2 ** order) live.set(slot, false);
    }
  }
  return live;
}

/** Whether a step is possible after others, told from the steps alone. */
function possible(universe: Universe, before: readonly Action[], action: Action): boolean {
  if (action.kind === 'poke') return true;
  const live = living(universe, before);
  if (action.kind === 'free' || action.kind === 'split') return live.get(action.slot) === false;
  if (action.kind === 'unlock') return live.get(action.slot) === true;
  const pages = (slot: number): number[] => {
    const { pfn, order } = universe.slots[slot] as { pfn: number; order: number };
    return Array.from({ length: 2 ** order }, (_, i) => pfn + i);
  };
  const taken = new Set([...live.keys()].flatMap(pages));
  return pages(action.slot).every((page) => !taken.has(page));
}

/** Every sequence of exactly `length` steps, none left out. */
export function everySequence(universe: Universe, length: number): Action[][] {
  const actions = actionsOf(universe);
  let all: Action[][] = [[]];
  for (let i = 0; i < length; i++)
    all = all.flatMap((before) =>
      actions.filter((action) => possible(universe, before, action)).map((action) => [...before, action]),
    );
  return all;
}

export interface End {
  readonly machine: Machine;
  /** Steps taken; fewer than given after a crash or hang. */
  readonly steps: number;
}

/** A new kernel for each sequence. */
export function play(
  universe: Universe,
  variant: Variant,
  steps: readonly { readonly op: SearchStep }[],
): End {
  const machine = new Machine(variant, placeOf(universe));
  let done = 0;
  for (const { op } of steps) {
    if (machine.stopped) break;
    machine.apply(op);
    done++;
  }
  return { machine, steps: done };
}

/** All that a state is, as text. */
export function stateText(universe: Universe, end: End, steps: readonly Action[]): string {
  const live = [...living(universe, steps)].map(([slot, held]) => `${slot} ${held}`).sort();
  return [Buffer.from(end.machine.bytes).toString('base64'), end.machine.refs, live.join(',')].join('|');
}
