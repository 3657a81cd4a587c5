import { existsSync, readdirSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { assertOutFree, createRunDirectory, runDirectoryAt } from '../run/directory.js';
import type { RunDirectory } from '../run/directory.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readLines } from '../store/journal.js';
import { projectRoot } from '../store/paths.js';
import { BisectEvent } from './events.js';
import type { BisectOptions } from './options.js';

/** The journal of a bisect, in its directory. */
export const JOURNAL = 'bisect.jsonl';
const FOLDER = path.join(projectRoot(), 'results', 'bisects');

export interface OpenedBisect {
  readonly dir: RunDirectory;
  readonly options: BisectOptions;
  /** What the journal says so far; empty for a new bisect. */
  readonly events: readonly BisectEvent[];
}

/**
 * The directory of a new bisect, or of one that is gone on with. A series that comes on stdin is kept there, since nobody can
 * give it to us a second time.
 */
export async function openBisect(
  asked: { readonly options: BisectOptions; readonly out?: string } | { readonly resume: string },
): Promise<OpenedBisect> {
  if ('resume' in asked) return reopen(asked.resume);
  await assertOutFree(asked.out);
  const dir = await createRunDirectory(asked.out, 'bisects');
  if (asked.options.series !== '-') return { dir, options: asked.options, events: [] };
  if (process.stdin.isTTY)
    throw new CiError('usage', 'SERIES is "-", and standard input is a terminal', {
      remedy: 'pipe an mbox in: `git format-patch --stdout A..B | ci bisect -`',
    });
  await writeFileAtomic(dir.series, await buffer(process.stdin));
  return { dir, options: { ...asked.options, series: dir.series }, events: [] };
}

function reopen(folder: string): OpenedBisect {
  const file = path.join(folder, JOURNAL);
  if (!existsSync(file))
    throw new CiError('usage', `${folder} is no directory of a bisect: it has no ${JOURNAL}`, {
      remedy: 'ci bisect --resume without a directory goes on with the newest that was broken off',
    });
  const events = readLines(file, BisectEvent);
  const [first] = events;
  if (first?.type !== 'start')
    throw new CiError('usage', `the bisect in ${folder} had not begun yet`, { remedy: 'begin it again' });
  return { dir: runDirectoryAt(folder, path.basename(folder)), options: first.options, events };
}

/**
 * The newest bisect below results/bisects that came to no answer.
 * @throws CiError('usage') where there is none
 */
export function unfinishedBisect(): string {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).toSorted().toReversed() : [];
  const found = names.map((name) => path.join(FOLDER, name)).find(isUnfinished);
  if (found !== undefined) return found;
  throw new CiError('usage', 'no bisect was broken off', { remedy: 'give the directory of one' });
}

function isUnfinished(folder: string): boolean {
  const file = path.join(folder, JOURNAL);
  if (!existsSync(file)) return false;
  const last = readLines(file, BisectEvent).at(-1);
  return last !== undefined && !(last.type === 'end' && last.answered);
}
