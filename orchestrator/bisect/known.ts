import type { TestRecord } from '../store/records.js';
import type { BisectEvent, Target } from './events.js';
import { observe } from './state.js';
import { observationOf } from './target.js';
import type { Observation, State } from './types.js';

/** All that a journal says, up to a line of it. */
export interface Known {
  readonly state: State;
  readonly target?: Target;
  readonly foundBy?: string;
  /** The failure that is looked for, as it was first seen. */
  readonly record?: TestRecord;
  /** Other failures, the first of each key. */
  readonly others: readonly TestRecord[];
}

export function nothingKnown(state: State): Known {
  return { state, others: [] };
}

/** What is known after one more line of the journal; live and on `--resume` alike. */
export function after(known: Known, event: BisectEvent): Known {
  if (event.type === 'target') {
    const { target, foundBy, record } = event;
    return { ...known, target, foundBy, ...(record === undefined ? {} : { record }) };
  }
  if (event.type === 'seen') return { ...known, others: [...known.others, event.record] };
  const observation = observationIn(known, event);
  return observation === undefined ? known : { ...known, state: observe(known.state, observation) };
}

function observationIn({ target }: Known, event: BisectEvent): Observation | undefined {
  switch (event.type) {
    case 'built':
      return { kind: 'built', at: event.at, signature: event.signature };
    case 'untestable':
      return { kind: 'run', at: event.at, outcome: 'untestable', why: event.why };
    case 'run': {
      const { failed, ran, skipped, trouble } = event;
      const result = {
        failed,
        ran,
        ...(skipped === undefined ? {} : { skipped }),
        ...(trouble === undefined ? {} : { trouble }),
      };
      return observationOf(event.at, result, target);
    }
    default:
      return undefined;
  }
}
