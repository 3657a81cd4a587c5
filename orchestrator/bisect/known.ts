import type { TestRecord } from '../store/records.js';
import type { BisectEvent, Target } from './events.js';
import { observe, start } from './state.js';
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
  /** What the state is made of: kernels, and runs with every name that their failures had. */
  readonly heard: readonly Heard[];
}

type Heard = Extract<BisectEvent, { type: 'built' | 'untestable' | 'run' }>;

export function nothingKnown(state: State): Known {
  return { state, others: [], heard: [] };
}

/** What is known after one more line of the journal; live and on `--resume` alike. */
export function after(known: Known, event: BisectEvent): Known {
  switch (event.type) {
    case 'target': {
      const { target, foundBy, record } = event;
      const state = stateOf(known, target);
      return { ...known, state, target, foundBy, ...(record === undefined ? {} : { record }) };
    }
    case 'seen':
      return { ...known, others: [...known.others, event.record] };
    case 'built':
    case 'untestable':
    case 'run': {
      const state = observe(known.state, observationIn(event, known.target));
      return { ...known, state, heard: [...known.heard, event] };
    }
    default:
      return known;
  }
}

/** The state as it would be, had the failure been known from the start. */
function stateOf({ state, heard }: Known, target: Target): State {
  const { history, options } = state;
  return heard.reduce((now, event) => observe(now, observationIn(event, target)), start(history, options));
}

function observationIn(event: Heard, target: Target | undefined): Observation {
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
  }
}
