import { duration } from '../report/words.js';
import { rateInWords } from './answer-words.js';
import { candidates, classesOf } from './classes.js';
import { evidenceRuns, testableCommits } from './evidence.js';
import { placeInWords } from './ground.js';
import type { CommitName } from './ground.js';
import { percent } from './percent.js';
import { posterior } from './posterior.js';
import { rateOf } from './rate.js';
import type { Talk } from './search.js';
import { tallyOf } from './state.js';
import type { Known } from './known.js';

/** Says how a search goes on, a line for each batch of runs, and how often the failure comes before the search begins. */
export function talkOf(names: readonly CommitName[], note: (text: string) => void): Talk {
  let anchored = false;
  return {
    begin: ({ purpose, at }, known) => {
      if (anchored || purpose === 'old end' || purpose === 'new end') return;
      anchored = true;
      note(rateSoFar(known));
      note(`search: ${placeInWords(at, names)} is next`);
    },
    built: (at, built, ahead) => {
      const where = placeInWords(at, names);
      if ('untestable' in built) note(`${where} cannot be tested: ${built.untestable}`);
      else if (built.status === 'built')
        note(`${where} built in ${duration(built.ms)}${ahead ? ', meanwhile' : ''}`);
    },
    renamed: (keys) => {
      const what = keys.length === 0 ? 'nothing else' : keys.join(' | ');
      note(`the same test fails in turn there; taken for the same failure, too: ${what}`);
    },
    end: ({ at, purpose }, known) => {
      const tally = tallyOf(known.state, at);
      const others = tally.other === 0 ? '' : `, ${tally.other} others`;
      const lead = purpose.endsWith('end') ? '' : `; ${leading(known, names)}`;
      note(
        `${purpose}: ${placeInWords(at, names)}: ${tally.match} matches in ${evidenceRuns(tally)} runs${others}${lead}`,
      );
    },
  };
}

function rateSoFar({ state }: Known): string {
  const last = state.history.commits.length - 1;
  const commit = state.options.change === 'introduced' ? last : 0;
  const end = tallyOf(state, { kind: 'commit', commit });
  return `the failure ${rateInWords({ rate: rateOf(end.match, evidenceRuns(end)) })}`;
}

function leading({ state }: Known, names: readonly CommitName[]): string {
  const [best] = candidates(classesOf(state.history, testableCommits(state)), posterior(state).of);
  if (best === undefined) return 'no candidate';
  const labels = best.commits.map((commit) => names[commit]?.label ?? String(commit)).join(', ');
  return `${labels} ${percent(best.posterior)}`;
}
