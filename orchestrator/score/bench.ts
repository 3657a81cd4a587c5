import path from 'node:path';
import type { Supervision } from '../process/signals.js';
import { assertOutFree, createRunDirectory } from '../run/directory.js';
import type { RunContext } from '../run/context.js';
import { GuestHost } from '../run/guest-host.js';
import type { HostOptions } from '../run/guest-host.js';
import type { RunOptions } from '../run/options.js';
import type { Progress } from '../run/progress.js';
import { chooseSource } from '../run/source.js';
import { intake } from '../series/intake.js';
import type { Intake } from '../series/intake.js';
import { Journal } from '../store/journal.js';
import { projectRoot } from '../store/paths.js';
import { announceOwner } from '../store/temp.js';
import { loadKnownIssues } from '../verdict/known-issues.js';

/** A kernel tree as it stands, and all that its kernels are tested with: what every measurement begins with. */
export interface Bench {
  readonly taken: Intake;
  /** What the runs on it share. */
  readonly shared: Pick<RunContext, 'dir' | 'knownIssues' | 'today' | 'host' | 'emit' | 'signal'>;
}

/**
 * Opens the tree, the machine, the run directory and its journal; all is closed with the process' teardown.
 * @throws CiError for what keeps it from beginning
 */
export async function openBench(
  options: Pick<RunOptions, 'tree' | 'source' | 'out'> & HostOptions,
  progress: Progress,
  { signal, teardown }: Supervision,
): Promise<Bench> {
  await assertOutFree(options.out);
  announceOwner();
  const source = await progress.stage('Source', (say) => chooseSource(options, say, signal));
  const taken = await intake({ tree: source.tree, signal });
  for (const note of [...source.notes, ...taken.notes]) progress.note(note);
  progress.note(`base ${taken.base.describe} (${taken.base.foundBy})`);
  const host = await GuestHost.open(options, signal, (text) => progress.note(text));
  const dir = await createRunDirectory(options.out);
  const journal = Journal.open(dir.events);
  teardown.add('journal', () => journal.close());
  teardown.add('guests', () => host.close());
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  const today = new Date().toISOString().slice(0, 10);
  return { taken, shared: { dir, knownIssues, today, host, signal, emit: journal.append.bind(journal) } };
}
