import { applySeries } from '../series/apply.js';
import type { Intake } from '../series/intake.js';
import type { AppliedPoint } from '../series/types.js';
import type { Mutant } from './mutant.js';

/** A mutant on the base, alone; or git's words where it does not apply. */
export type AppliedMutant = { readonly mutant: Mutant; readonly index: number } & (
  { readonly point: AppliedPoint } | { readonly gitSays: string }
);

/** Mutants that git applies at the same time; each has an index of the whole tree, ten megabytes. */
const AT_ONCE = 4;

/** Applies each mutant to the base by itself. Indexes count from 1, the base is 0. */
export async function applyMutants(
  mutants: readonly Mutant[],
  { clone, base }: Pick<Intake, 'clone' | 'base'>,
  signal: AbortSignal,
): Promise<AppliedMutant[]> {
  const one = async (mutant: Mutant, index: number): Promise<AppliedMutant> => {
    const { points, failed } = await applySeries(clone, base, mutant.series, { signal });
    const [point] = points;
    return point === undefined
      ? { mutant, index, gitSays: failed?.gitSays ?? 'there is no change in it' }
      : { mutant, index, point: { ...point, index, subject: mutant.name } };
  };
  const applied: AppliedMutant[] = [];
  for (let at = 0; at < mutants.length; at += AT_ONCE) {
    const batch = mutants.slice(at, at + AT_ONCE);
    applied.push(...(await Promise.all(batch.map((mutant, i) => one(mutant, at + i + 1)))));
  }
  return applied;
}
