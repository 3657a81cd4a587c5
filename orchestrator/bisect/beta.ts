/** A prior of a rate: a mixture of Beta distributions, weights adding up to 1. */
export type BetaMixture = readonly { readonly weight: number; readonly a: number; readonly b: number }[];

/**
 * Logarithms of marginal likelihoods under one prior, with the rate integrated out:
 *
 *     ln ∑ weight · B(a + matches, b + runs − matches) / B(a, b)
 *
 * for one order of the runs; the binomial coefficient is the same for every hypothesis. Values are kept, as a search asks
 * for the same ones again and again.
 */
export class Marginal {
  readonly #prior: BetaMixture;
  readonly #rows: Float64Array[] = [];

  constructor(prior: BetaMixture) {
    this.#prior = prior;
  }

  /** @param matches whole number, at most `runs` */
  log(matches: number, runs: number): number {
    const row = (this.#rows[runs] ??= new Float64Array(runs + 1).fill(Number.NaN));
    const kept = row[matches];
    if (kept === undefined) throw new RangeError(`${matches} matches in ${runs} runs`);
    if (!Number.isNaN(kept)) return kept;
    const terms = this.#prior.map(
      ({ weight, a, b }) => Math.log(weight) + logBeta(a + matches, b + runs - matches) - logBeta(a, b),
    );
    return (row[matches] = logSum(terms));
  }

  /** Probability that the next run matches. */
  next(matches: number, runs: number): number {
    return Math.exp(this.log(matches + 1, runs + 1) - this.log(matches, runs));
  }
}

/** ln ∑ exp(term), without overflow; -Infinity for no terms. */
export function logSum(terms: readonly number[]): number {
  const most = Math.max(...terms);
  if (most === Number.NEGATIVE_INFINITY) return most;
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}

/** ln B(a, b), for positive a and b. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** ln Γ(x) for x > 0, by Stirling's series from 8 up; the error is below 1e-10. */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 8) {
    shift += Math.log(at);
    at += 1;
  }
  const square = at * at;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}
