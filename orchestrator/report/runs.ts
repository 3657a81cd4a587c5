import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJournal } from '../store/journal.js';
import { PointVerdict, RunRecord } from '../store/records.js';
import { reduceEvents } from './reduce.js';

/** What a list of runs says of each: the fields of its record that are about all of it. */
const Head = z.object({
  id: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  series: RunRecord.shape.series,
  base: z.object({ commit: z.string(), describe: z.string(), foundBy: z.string() }),
  profiles: z.array(z.string()),
  verdict: PointVerdict,
  exitCode: z.number(),
  points: z.array(
    z.object({
      index: z.number(),
      verdict: PointVerdict,
      subject: z.string(),
      messageId: z.string().optional(),
      patchId: z.string().optional(),
    }),
  ),
  summary: z.object({ introduced: z.array(z.unknown()), fixed: z.array(z.unknown()) }),
});
export interface RunHead extends z.infer<typeof Head> {
  readonly dir: string;
  /** It came to its end; where not, the verdict is that of what there is. */
  readonly ended: boolean;
}

/**
 * The runs in a folder, newest first. A folder that holds no events, or events that nobody can read, is no run and is
 * left out; a folder that is not there holds none.
 */
export async function runsIn(folder: string): Promise<RunHead[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const heads: RunHead[] = [];
  // One after the other: a record is a few megabytes.
  for (const name of names) {
    const head = await headOf(path.join(folder, name));
    if (head !== undefined) heads.push(head);
  }
  return heads.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
}

async function headOf(dir: string): Promise<RunHead | undefined> {
  if (!existsSync(path.join(dir, 'events.jsonl'))) return undefined;
  // run.json says the same as the events and is a hundredth of them; there is none where a run was cut off.
  const text = await readFile(path.join(dir, 'run.json'), 'utf8').catch(() => undefined);
  try {
    if (text !== undefined) return { ...Head.parse(JSON.parse(text)), dir, ended: true };
    const events = readJournal(path.join(dir, 'events.jsonl'));
    const ended = events.some(({ type }) => type === 'run-end');
    return { ...Head.parse(reduceEvents(events)), dir, ended };
  } catch {
    // A run directory of another program or version; `ci report` on it says what is wrong.
    return undefined;
  }
}
