import { EXIT } from '../process/errors.js';
import type { ExitCode } from '../process/errors.js';
import type { Expectation } from './mutant.js';
import type { MutantResult, Sight } from './record.js';

type Standing = Pick<MutantResult, 'standing' | 'reason'>;

/**
 * How what our suites saw stands to what was to come.
 * @param same the kernel is the one without the mutant
 */
export function standingOf(expect: Expectation, ours: Sight, same: boolean): Standing {
  if (ours.verdict === 'not-run') return { standing: 'cannot-tell', reason: 'no suite of ours was run' };
  if (ours.verdict === 'error')
    return { standing: 'infra', reason: `no result: ${ours.text ?? 'for no reason given'}` };
  if (expect !== 'killed')
    return ours.verdict === 'survived'
      ? { standing: 'as-expected' }
      : { standing: 'unexpected', reason: `killed, although it is ${expect}` };
  if (same)
    return { standing: 'cannot-tell', reason: 'changes no code in this configuration, nothing can see it' };
  return ours.verdict === 'killed'
    ? { standing: 'as-expected' }
    : { standing: 'unexpected', reason: 'survived' };
}

/** What a whole score comes to, safe under `git bisect run`: 1 where anything is not as expected. */
export function exitCodeOfScore(results: readonly Pick<MutantResult, 'standing'>[]): ExitCode {
  const has = (standing: MutantResult['standing']): boolean =>
    results.some((one) => one.standing === standing);
  if (has('unexpected')) return EXIT.bad;
  if (has('infra')) return EXIT.infra;
  if (has('cannot-tell') || results.length === 0) return EXIT.cannotTell;
  return EXIT.good;
}

/** `k` of `n`. */
export interface Ratio {
  readonly k: number;
  readonly n: number;
}

export interface Score {
  /** Killed of those that are to be killed and that ran there, by our suites and by upstream's. */
  readonly ours: Ratio;
  readonly upstream: Ratio;
  /** Green of those that change nothing for anybody, or nothing that can be seen. */
  readonly neutral: Ratio;
  readonly equivalent: Ratio;
}

export function scoreOf(
  results: readonly Pick<MutantResult, 'expect' | 'ours' | 'upstream' | 'standing'>[],
): Score {
  const of = (expect: Expectation): typeof results => results.filter((one) => one.expect === expect);
  const ratio = (all: typeof results, is: (one: (typeof results)[number]) => boolean): Ratio => ({
    k: all.filter(is).length,
    n: all.length,
  });
  const green = ({ standing }: (typeof results)[number]): boolean => standing === 'as-expected';
  const killed = (side: 'ours' | 'upstream'): Ratio =>
    ratio(
      of('killed').filter((one) => one[side].verdict !== 'not-run'),
      (one) => one[side].verdict === 'killed',
    );
  return {
    ours: killed('ours'),
    upstream: killed('upstream'),
    neutral: ratio(of('neutral'), green),
    equivalent: ratio(of('equivalent'), green),
  };
}
