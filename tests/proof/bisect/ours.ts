import { decide } from '../../../orchestrator/bisect/decide.js';
import { line } from '../../../orchestrator/bisect/history.js';
import { observe, start } from '../../../orchestrator/bisect/state.js';
import type { Answer, History } from '../../../orchestrator/bisect/types.js';
import type { Trial, World } from './world.js';

/** Two lanes, kernels for nothing: what counts here are runs. */
const OPTIONS = { costs: { buildSeconds: 0, runSeconds: 5, lanes: 2 }, maxRuns: 1000 };
const histories = new Map<number, History>();

/** Our search, to its answer. */
export function ours(world: World): Trial {
  const answer = search(world);
  const answered = answer.verdict === 'culprit' || answer.verdict === 'range';
  return {
    answered,
    right: answered && answer.commits.includes(world.culprit),
    runs: world.runs,
    posterior: answer.posterior,
  };
}

export function search(world: World): Answer {
  let state = start(historyOf(world.cell.commits), OPTIONS);
  for (;;) {
    const decision = decide(state);
    if (decision.kind === 'answer') return decision.answer;
    for (let run = 0; run < decision.runs; run++) {
      const outcome = world.run(decision.at);
      state = observe(state, { kind: 'run', at: decision.at, outcome });
      if (outcome === 'untestable') break;
    }
  }
}

function historyOf(commits: number): History {
  const kept = histories.get(commits) ?? line(Array.from({ length: commits + 1 }, (_, index) => `${index}`));
  histories.set(commits, kept);
  return kept;
}
