import type { Cell } from './world.js';

/** The failure's own key tells the noise apart, or does not. */
const NOISE = [
  { noise: 0, told: true },
  { noise: 2, told: true },
  { noise: 5, told: true },
  { noise: 2, told: false },
] as const;

/** Every combination that the aims are about. */
export const CELLS: readonly Cell[] = [4, 8, 16, 60].flatMap((commits) =>
  [100, 50, 20, 10].flatMap((rate) =>
    NOISE.flatMap((noise) => [0, 20].map((skips): Cell => ({ commits, rate, ...noise, skips }))),
  ),
);

/** Where the culprit cannot be dropped at the new end, so that the posterior has to do without. */
export const WITHOUT_CURE: readonly Cell[] = [8, 60].flatMap((commits) =>
  [50, 20, 10].flatMap((rate) =>
    [NOISE[0], NOISE[3]].map((noise): Cell => ({ commits, rate, ...noise, skips: 0, noCure: true })),
  ),
);

/** `8 commits, 50 %, noise 2 % untold, 20 % skipped`. */
export function cellInWords({ commits, rate, noise, told, skips, noCure }: Cell): string {
  const parts = [`${commits} commits`, `${rate} %`];
  if (noise > 0) parts.push(`noise ${noise} % ${told ? 'told' : 'untold'}`);
  if (skips > 0) parts.push(`${skips} % skipped`);
  if (noCure) parts.push('no cure');
  return parts.join(', ');
}
