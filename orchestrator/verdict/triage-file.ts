import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { CiError } from '../process/errors.js';
import { writeFileAtomic } from '../store/atomic.js';
import { projectRoot } from '../store/paths.js';
import { parseTriage, TriageEntry } from './triage.js';

const HEAD = `# What people said of failures they looked at. \`ci triage\` adds entries; one that has expired excuses nothing any more.
`;

export function triageFile(): string {
  return path.join(projectRoot(), 'results', 'triage.yaml');
}

/** All entries; none where there is no file. Throws CiError('usage') with the place of what is wrong. */
export async function loadTriage(file = triageFile()): Promise<readonly TriageEntry[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CiError('usage', `cannot read the triage: ${file}`, { where: file, cause: error });
  }
  return parseTriage(text, file);
}

/**
 * Adds an entry; one with the same signature for the same series is replaced. CiError('usage') for an entry that does not
 * fit the schema.
 */
export async function addTriage(entry: TriageEntry, file = triageFile()): Promise<void> {
  const checked = TriageEntry.safeParse(entry);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new CiError('usage', `--${String(issue?.path[0] ?? 'reason')}: ${issue?.message ?? ''}`, {
      remedy:
        'for example --reason "fails on the base under load too, run ID" --link https://lore.kernel.org/…',
    });
  }
  const others = (await loadTriage(file)).filter(
    ({ signature, series }) => signature !== entry.signature || series !== entry.series,
  );
  await writeFileAtomic(file, HEAD + stringify({ entries: [...others, entry] }, { lineWidth: 110 }));
}
