/** What a name stands for in a tree or an index. */
export interface Entry {
  readonly mode: string;
  readonly id: string;
}

/** Entries by name. */
export type Entries = ReadonlyMap<string, Entry>;

export const TREE_MODE = '040000';
const GITLINK_MODE = '160000';
const MODES: ReadonlySet<string> = new Set([TREE_MODE, GITLINK_MODE, '100644', '100755', '120000']);

/**
 * Rows of `ls-tree -z` or `ls-files --stage -z` by path. Undefined where one of them could not be written back as it is: a
 * name that is not UTF-8, a mode of old that git writes otherwise today, a path that is not merged.
 */
export function parseListing(text: string): Map<string, Entry> | undefined {
  if (text.includes('\uFFFD')) return undefined;
  const entries = new Map<string, Entry>();
  for (const row of text.split('\0')) {
    if (row === '') continue;
    const match = /^(\d{6}) (?:(?:blob|tree|commit) ([0-9a-f]+)|([0-9a-f]+) 0) *\t(.+)$/s.exec(row);
    const [mode = '', id, path] = [match?.[1], match?.[2] ?? match?.[3], match?.[4]];
    if (id === undefined || path === undefined || !MODES.has(mode)) return undefined;
    entries.set(path, { mode, id });
  }
  return entries;
}

/** For `update-index -z --index-info`. */
export function indexInfo(entries: Entries): string {
  return [...entries].map(([path, { mode, id }]) => `${mode} ${id} 0\t${path}\0`).join('');
}

/** One tree for `mktree --batch -z`, which sorts it. */
export function treeInfo(entries: Entries): string {
  const rows = [...entries].map(([name, { mode, id }]) => `${mode} ${typeOf(mode)} ${id}\t${name}\0`);
  return `${rows.join('')}\0`;
}

function typeOf(mode: string): string {
  if (mode === TREE_MODE) return 'tree';
  return mode === GITLINK_MODE ? 'commit' : 'blob';
}

/** The folder of a path ('' at the top), and its name there. */
export function splitPath(path: string): readonly [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
}

/** The folders that a path is in, the nearest first, without the top. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let [folder] = splitPath(path); folder !== ''; [folder] = splitPath(folder)) folders.push(folder);
  return folders;
}

/** Paths whose entries differ between two states, in the order of git: by bytes. */
export function changedBetween(before: Entries, after: Entries): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  const changed = [...paths].filter((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    return old?.mode !== now?.mode || old?.id !== now?.id;
  });
  return changed.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
