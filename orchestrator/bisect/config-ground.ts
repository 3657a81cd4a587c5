import path from 'node:path';
import { dependenciesIn } from '../kernel/kconfig-tree.js';
import { renderOptions } from '../kernel/fragment.js';
import { CiError } from '../process/errors.js';
import type { Intake } from '../series/intake.js';
import { writeFileAtomic } from '../store/atomic.js';
import { configEnd } from './config-end.js';
import type { ConfigEnd } from './config-end.js';
import { fragmentWith, inOrder, optionSteps } from './config-steps.js';
import type { OptionStep } from './config-steps.js';
import type { CommitName, Ground, Source } from './ground.js';
import { placeNumber } from './ground.js';
import { line } from './history.js';
import type { Place } from './types.js';

/** Fragments that lie between the two ends, in the directory of the bisect: `config/3.config`. */
export const CONFIG_FOLDER = 'config';

/**
 * The options that two configurations have otherwise, one after the other, on one kernel: the last point of a series, or the
 * tree as it stands. Each place is a fragment over the good end; all are built in one folder.
 * @param configs profiles or absolute paths, the old end first
 * @param profile that files lie over
 * @param dir of the bisect
 * @throws CiError('usage') for what is no configuration, and for two without a difference
 */
export async function configGround(
  taken: Pick<Intake, 'clone' | 'points' | 'failed' | 'notes'>,
  configs: readonly [string, string],
  profile: string,
  dir: string,
  signal: AbortSignal,
): Promise<Ground> {
  const { clone, failed, notes } = taken;
  const tip = taken.points.at(-1);
  if (tip === undefined || failed !== undefined)
    throw new CiError(
      'usage',
      `patch ${failed?.index ?? 1} does not apply: there is no kernel to configure`,
      failed === undefined ? {} : { detail: failed.gitSays },
    );
  const folder = path.join(dir, CONFIG_FOLDER);
  const [older, newer] = [
    await configEnd(configs[0], profile, path.join(folder, 'old-end.config')),
    await configEnd(configs[1], profile, path.join(folder, 'new-end.config')),
  ];
  const asked = optionSteps(older.wanted, newer.wanted);
  if (asked.length === 0)
    throw new CiError('usage', `${older.name} and ${newer.name} ask for the same options`, {
      remedy: 'name two configurations that differ; a file lies over --profile',
    });
  const { gitDir } = clone;
  const names = asked.map(({ name }) => name);
  const steps = inOrder(asked, await dependenciesIn(gitDir, tip.tree, names, signal));
  const history = line([`${tip.tree} ${older.name}`, ...steps.map(inWords)]);
  const shared = renderOptions([...older.wanted, ...newer.wanted]);
  return {
    kind: 'config',
    title: `${older.name}..${newer.name}`,
    history,
    names: [{ label: older.name, subject: '' }, ...steps.map(nameOf)],
    replayIn: '',
    notes: [...notes, `${steps.length} options differ between ${older.name} and ${newer.name}`],
    source: async (at): Promise<Source> => {
      const kernel = { gitDir, commit: tip.commit, tree: tip.tree };
      const end = endAt(at, steps.length, older, newer);
      if (end !== undefined) return { ...kernel, profile: end.profile, fragments: end.fragments };
      const file = path.join(folder, `${placeNumber(at, history)}.config`);
      await writeFileAtomic(file, fragmentWith(steps, changedAt(at, steps.length)));
      return { ...kernel, profile: older.profile, fragments: [...older.fragments, file], folder: shared };
    },
  };
}

/** `CONFIG_DEBUG_VM=y`, and `=n` for one that is switched off. */
function inWords({ name, to }: OptionStep): string {
  return `${name}=${to}`;
}

function nameOf(step: OptionStep): CommitName {
  return { label: inWords(step), subject: '' };
}

/** The ends are built as everybody builds them, so that their kernels may be there already. */
function endAt(at: Place, count: number, older: ConfigEnd, newer: ConfigEnd): ConfigEnd | undefined {
  if (at.kind === 'without') return undefined;
  return at.commit === 0 ? older : at.commit === count ? newer : undefined;
}

/** Numbers of the options that have their new value at a place. */
function changedAt(at: Place, count: number): ReadonlySet<number> {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  return new Set(
    all.filter((number) => (at.kind === 'commit' ? number <= at.commit : !at.commits.includes(number))),
  );
}
