import { logChoose, type Marginal } from './beta.js';
import type { Posterior } from './posterior.js';
import { clean, failing } from './priors.js';

/** Hypotheses that have less than this share of a commit's even prior are not asked. */
const DEAD = 1e-3;

/** What one hypothesis expects of a batch of runs at one place. */
export interface Forecast {
  /** 0 is "everywhere alike". */
  readonly culprit: number;
  readonly posterior: number;
  readonly ifFails: Expected;
  readonly ifPasses: Expected;
}

export interface Expected {
  /** Of 0, 1, … matches. */
  readonly chances: readonly number[];
  /** In nats. */
  readonly entropy: number;
}

/** The forecasts for a batch of so many runs at one place: beta-binomial, out of what each hypothesis has counted. */
export function forecasts({ of, failed, passed }: Posterior, runs: number): Forecast[] {
  const ways = Array.from({ length: runs + 1 }, (_, k) => logChoose(runs, k));
  const found: Forecast[] = [];
  for (let c = 0; c < of.length; c++) {
    const posterior = of[c] ?? 0;
    if (posterior * of.length < DEAD) continue;
    const ifFails = expected(failing, failed.match[c] ?? 0, failed.runs[c] ?? 0, ways);
    // Everywhere alike: the same rate where it "does not come".
    const ifPasses = c === 0 ? ifFails : expected(clean, passed.match[c] ?? 0, passed.runs[c] ?? 0, ways);
    found.push({ culprit: c, posterior, ifFails, ifPasses });
  }
  return found;
}

function expected(rate: Marginal, match: number, runs: number, ways: readonly number[]): Expected {
  const before = rate.log(match, runs);
  let entropy = 0;
  const chances = ways.map((way, k) => {
    const log = way + rate.log(match + k, runs + ways.length - 1) - before;
    const chance = Math.exp(log);
    entropy -= chance * log;
    return chance;
  });
  return { chances, entropy };
}
