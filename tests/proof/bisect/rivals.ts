import { gitBisect, type Told } from './git-bisect.js';
import type { Trial, World } from './world.js';

/** `git bisect run` with a tester that runs once and calls every failure bad. */
export function oneRunAStep(world: World): Trial {
  const found = gitBisect(world.cell.commits, (commit) => {
    const outcome = world.run({ kind: 'commit', commit });
    if (outcome === 'untestable') return 'skip';
    return outcome === 'pass' ? 'good' : 'bad';
  });
  return trialOf(world, found);
}

/** Most runs of a commit (pkg/bisect: MaxNumTests); half of them once it is known that the failure is not flaky. */
const MOST_RUNS = 20;
const FLAKY_BELOW = 0.5;

/** Whether the good end costs runs, too, as a release that syzkaller tests before it bisects does. */
export interface SyzkallerOptions {
  readonly testsGoodEnd: boolean;
}

/**
 * The rules of syzkaller's pkg/bisect: test(), bisectionDecision() and updateFlaky(). Any crash is bad. 20 runs at the bad end and
 * wherever the failure is flaky, else 10; good without any crash in half of the runs (three quarters if flaky), bad from a
 * sixth of them on (two at least), else skip. Several commits at the end, or a bad end that is not bad, are no answer.
 */
export function syzkaller(world: World, { testsGoodEnd }: SyzkallerOptions): Trial {
  let flaky = false;
  const test = (commit: number, runs: number): Told => {
    let bad = 0;
    for (let run = 0; run < runs; run++) {
      const outcome = world.run({ kind: 'commit', commit });
      if (outcome === 'untestable') return 'skip';
      if (outcome !== 'pass') bad += 1;
    }
    const told = verdict(runs, bad, flaky);
    if (told === 'bad' && bad / runs < FLAKY_BELOW) flaky = true;
    return told;
  };
  const runsNow = (): number => (flaky ? MOST_RUNS : MOST_RUNS / 2);
  const none = (): Trial => ({ answered: false, right: false, runs: world.runs });
  if (test(world.cell.commits, MOST_RUNS) !== 'bad') return none();
  if (testsGoodEnd && test(0, runsNow()) !== 'good') return none();
  return trialOf(
    world,
    gitBisect(world.cell.commits, (commit) => test(commit, runsNow())),
    1,
  );
}

/** All runs are good or bad: there is no trouble of the infrastructure here. */
function verdict(runs: number, bad: number, flaky: boolean): Told {
  const good = runs - bad;
  if (bad === 0 && good >= (flaky ? (runs * 3) / 4 : runs / 2)) return 'good';
  return bad >= Math.max(2, Math.floor(runs / 6)) ? 'bad' : 'skip';
}

/** @param most commits of an answer; a skipped one between, that cannot be tested, is no fault of the method */
function trialOf(world: World, found: readonly number[], most = Number.POSITIVE_INFINITY): Trial {
  const answered = found.length <= most || onlyUntestable(world, found);
  return { answered, right: answered && found.includes(world.culprit), runs: world.runs };
}

function onlyUntestable({ untestable }: World, found: readonly number[]): boolean {
  return found.slice(0, -1).every((commit) => untestable[commit]);
}
