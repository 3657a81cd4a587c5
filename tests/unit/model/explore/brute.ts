import { Machine } from '../../../../orchestrator/model/index.js';
import type { Operation, Variant } from '../../../../orchestrator/model/index.js';
import { placeOf } from '../../../../orchestrator/model/explore/search.js';
import { actionsOf } from '../../../../orchestrator/model/explore/universe.js';
import type { Action, Universe } from '../../../../orchestrator/model/explore/universe.js';

/** Whether a step is possible after others, told from the steps alone. */
function possible(universe: Universe, before: readonly Action[], action: Action): boolean {
  if (action.kind === 'poke') return true;
  const live = new Map<number, boolean>();
  for (const past of before) {
    if (past.kind === 'init' || past.kind === 'hold') live.set(past.slot, past.kind === 'hold');
    if (past.kind === 'unlock') live.set(past.slot, false);
    if (past.kind === 'free') live.delete(past.slot);
  }
  if (action.kind === 'free') return live.get(action.slot) === false;
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
  steps: readonly { readonly op: Operation }[],
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
export function stateText(end: End, steps: readonly Action[]): string {
  const live = new Set<string>();
  for (const step of steps)
    if (step.kind === 'init' || step.kind === 'hold') {
      for (const other of live) if (other.startsWith(`${step.slot} `)) live.delete(other);
      live.add(`${step.slot} ${step.kind}`);
    } else if (step.kind !== 'poke') {
      live.delete(`${step.slot} init`);
      live.delete(`${step.slot} hold`);
      if (step.kind === 'unlock') live.add(`${step.slot} init`);
    }
  const { machine } = end;
  return [Buffer.from(machine.bytes).toString('base64'), machine.refs, [...live].sort().join(',')].join('|');
}
