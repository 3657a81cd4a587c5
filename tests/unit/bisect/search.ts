import { decide } from '../../../orchestrator/bisect/decide.js';
import { observe } from '../../../orchestrator/bisect/state.js';
import type {
  Answer,
  Decision,
  Observation,
  Outcome,
  Place,
  State,
} from '../../../orchestrator/bisect/types.js';

/** How one place is tested. A tester that only knows outcomes builds kernels without signatures. */
export type Tester = (at: Place) => Outcome | { readonly outcome: Outcome; readonly signature: string };

export interface Searched {
  readonly answer: Answer;
  readonly state: State;
  /** Everything that was observed, as a journal would have it. */
  readonly journal: readonly Observation[];
  readonly decisions: readonly Decision[];
}

/** Carries a search out to its answer. Throws after 5,000 decisions. */
export function carryOut(from: State, tester: Tester): Searched {
  let state = from;
  const journal: Observation[] = [];
  const decisions: Decision[] = [];
  const see = (observation: Observation): void => {
    journal.push(observation);
    state = observe(state, observation);
  };
  while (decisions.length < 5000) {
    const decision = decide(state);
    decisions.push(decision);
    if (decision.kind === 'answer') return { answer: decision.answer, state, journal, decisions };
    const { at } = decision;
    for (let run = 0; run < decision.runs; run++) {
      const told = tester(at);
      const outcome = typeof told === 'string' ? told : told.outcome;
      if (typeof told !== 'string' && outcome !== 'untestable' && run === 0)
        see({ kind: 'built', at, signature: told.signature });
      see({ kind: 'run', at, outcome });
      if (outcome === 'untestable') break;
    }
  }
  throw new Error(`no answer after ${decisions.length} decisions: ${JSON.stringify(decisions.at(-1))}`);
}

/** The end checks as one word each: `culprit:pass parent:pass …`. */
export function checksOf({ checks }: Answer): string {
  return checks.map(({ name, result }) => `${name}:${result}`).join(' ');
}
