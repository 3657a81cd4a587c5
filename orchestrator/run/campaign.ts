import { CiError } from '../process/errors.js';
import { sequenceOf } from '../scenario/random/case.js';
import type { Suite } from '../scenario/suite-file.js';
import { DEFAULT_MINUTES } from './options.js';
import type { RunOptions } from './options.js';

/** What a generated campaign is drawn by, and for how long on each kernel. */
export interface Campaign {
  readonly seed: number;
  readonly minutes: number;
}

/**
 * The campaign of a run; undefined where no suite draws its tests. A test that is asked for by name brings its seed along.
 * @param draw for a seed where the user has none
 * @throws CiError('usage') for a seed or minutes that no suite takes, and for a test of another seed
 */
export function campaignOf(
  suites: readonly Suite[],
  options: Pick<RunOptions, 'seed' | 'minutes' | 'test' | 'suites'>,
  draw: () => number,
): Campaign | undefined {
  const { seed, minutes, test } = options;
  const random = suites.find(({ kind }) => kind === 'random');
  if (random === undefined) {
    const given = [
      ...(seed === undefined ? [] : ['--seed']),
      ...(minutes === undefined ? [] : ['--minutes']),
    ];
    if (given.length === 0) return undefined;
    throw new CiError(
      'usage',
      `${given.join(' and ')} ${given.length > 1 ? 'are' : 'is'} for a suite that draws its tests, and ${options.suites.join(', ')} ${options.suites.length > 1 ? 'do' : 'does'} not`,
      { remedy: 'add --suite random, or leave it out' },
    );
  }
  const asked = test === undefined ? undefined : sequenceOf(random.id, test);
  if (asked && seed !== undefined && asked.seed !== seed)
    throw new CiError(
      'usage',
      `--test ${test ?? ''} is of the campaign of seed ${asked.seed}, not of ${seed}`,
      {
        remedy: 'leave --seed out: the name of the test has it',
      },
    );
  return { seed: seed ?? asked?.seed ?? draw(), minutes: minutes ?? DEFAULT_MINUTES };
}

/** `seed 7, 1 minute for each kernel` */
export function campaignWords({ seed, minutes }: Campaign): string {
  return `seed ${seed}, ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} for each kernel`;
}

/** How to have the same campaign again. */
export function campaignNote({ seed, minutes }: Campaign): string {
  return `generated campaign: ${campaignWords({ seed, minutes })}; again by --seed ${seed}`;
}
