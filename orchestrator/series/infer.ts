import { abortReason } from '../process/deadline.js';
import { git, tryGit } from './git.js';
import type { Clone, Preimage, Series } from './types.js';

/** The commit that the series' diffs fit best. */
export interface Inferred {
  readonly commit: string;
  readonly matched: number;
  readonly total: number;
  /** The search ended at its deadline, so a better one may exist. */
  readonly cutShort: boolean;
}

const HISTORY_DEADLINE_MS = 10_000;
const TOTAL_DEADLINE_MS = 25_000;
const MAX_REFS = 500;
const MAX_HISTORY = 1000;
const CHUNK = 64;

/**
 * What the tree below the first patch must hold: for each path the blob that the first diff of it was made against.
 * Files that the series itself makes have none.
 */
export function expectedBlobs(series: Pick<Series, 'patches'>): Preimage[] {
  const touched = new Set<string>();
  const expected: Preimage[] = [];
  for (const patch of series.patches) {
    for (const preimage of patch.preimages) if (!touched.has(preimage.path)) expected.push(preimage);
    for (const path of patch.files) touched.add(path);
  }
  return expected;
}

/**
 * Finds the commit that the series was made on by its blob hashes. The head comes first; then tags, branches and the
 * history of the touched files, newest first, and the newest where all match wins; else the one with most. Undefined
 * if the series has no hashes or nothing matches. Ends within about 25 s whatever the size of the history.
 */
export async function inferBase(
  clone: Clone,
  series: Pick<Series, 'patches'>,
  head: string,
  signal?: AbortSignal,
): Promise<Inferred | undefined> {
  const expected = expectedBlobs(series);
  const total = expected.length;
  if (total === 0) return undefined;
  const until = Date.now() + TOTAL_DEADLINE_MS;
  const [atHead = 0] = await countMatches(clone.gitDir, [head], expected, signal);
  let best = { commit: head, matched: atHead };
  if (atHead === total) return { ...best, total, cutShort: false };

  const { commits, cutShort } = await candidates(clone, head, expected, signal);
  let late = cutShort;
  for (let i = 0; i < commits.length && best.matched < total; i += CHUNK) {
    if (Date.now() > until) {
      late = true;
      break;
    }
    const chunk = commits.slice(i, i + CHUNK);
    const counts = await countMatches(clone.gitDir, chunk, expected, signal);
    for (const [j, matched] of counts.entries()) {
      const commit = chunk[j];
      if (commit !== undefined && matched > best.matched) best = { commit, matched };
    }
  }
  return best.matched === 0 ? undefined : { ...best, total, cutShort: late && best.matched < total };
}

async function countMatches(
  gitDir: string,
  commits: readonly string[],
  expected: readonly Preimage[],
  signal?: AbortSignal,
): Promise<number[]> {
  const input = commits.flatMap((commit) => expected.map(({ path }) => `${commit}:${path}\n`)).join('');
  const answer = await git(['cat-file', '--batch-check=%(objectname)'], { gitDir, input, signal });
  const lines = answer.split('\n');
  return commits.map(
    (_, i) =>
      expected.filter(({ blob }, j) => lines[i * expected.length + j]?.startsWith(blob) === true).length,
  );
}

/** Newest first. Of the history of the touched files the parents: each is the last commit with the state before. */
async function candidates(
  clone: Clone,
  head: string,
  expected: readonly Preimage[],
  signal?: AbortSignal,
): Promise<{ commits: string[]; cutShort: boolean }> {
  if (clone.tree.kind === 'plain') return { commits: [], cutShort: false };
  const source = { gitDir: clone.tree.gitDir, trust: '*', signal };
  const refs = await git(
    [
      'for-each-ref',
      '--sort=-creatordate',
      `--count=${MAX_REFS}`,
      '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)',
      'refs/heads',
      'refs/remotes',
      'refs/tags',
    ],
    source,
  );
  const ids = new Set<string>([...refs.matchAll(/commit ([0-9a-f]{40,64})/g)].map((match) => match[1] ?? ''));
  const history = await touchedHistory(source, head, expected, signal);
  for (const row of history.rows) for (const parent of row.split(' ').slice(1)) ids.add(parent);
  ids.delete('');
  const dated = await tryGit(['log', '--no-walk=sorted', '--stdin', '--format=%H'], {
    ...source,
    input: `${[...ids].join('\n')}\n`,
  });
  return { commits: ids.size === 0 ? [] : dated.stdout.trim().split('\n'), cutShort: history.cutShort };
}

async function touchedHistory(
  source: { readonly gitDir: string; readonly trust: string },
  head: string,
  expected: readonly Preimage[],
  signal?: AbortSignal,
): Promise<{ rows: string[]; cutShort: boolean }> {
  const rows: string[] = [];
  const clock = AbortSignal.timeout(HISTORY_DEADLINE_MS);
  try {
    await tryGit(
      [
        'log',
        `--max-count=${MAX_HISTORY}`,
        '--format=%H %P',
        head,
        '--branches',
        '--remotes',
        '--',
        ...expected.map(({ path }) => `:(top,literal)${path}`),
      ],
      {
        ...source,
        signal: signal === undefined ? clock : AbortSignal.any([signal, clock]),
        onLine: (line) => rows.push(line),
      },
    );
  } catch (error) {
    if (signal?.aborted === true) throw abortReason(signal);
    if (!clock.aborted) throw error;
    return { rows, cutShort: true };
  }
  return { rows, cutShort: rows.length >= MAX_HISTORY };
}
