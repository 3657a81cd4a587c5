import { foldersOf, splitPath, TREE_MODE, treeInfo, type Entries, type Entry } from './listing.js';

/** Writes trees, each in the form of treeInfo(), and gives their ids in the same order. */
export type WriteTrees = (trees: readonly string[]) => Promise<readonly string[]>;

/**
 * Some folders of a tree, each with all that is in it; the others are known by their ids alone. Entries can be changed in
 * the known ones and in new ones, and the tree that comes of it be written.
 */
export class Folders {
  readonly #folders = new Map<string, Map<string, Entry>>([['', new Map()]]);

  /** @param entries of the known folders, by whole path */
  constructor(entries: Entries) {
    for (const [path, entry] of entries) this.#set(path, entry);
  }

  get(path: string): Entry | undefined {
    const [folder, name] = splitPath(path);
    return this.#folders.get(folder)?.get(name);
  }

  /** Takes over what changed files are now: undefined for those that are gone. Gives the id of the whole tree. */
  async write(changes: ReadonlyMap<string, Entry | undefined>, writeTrees: WriteTrees): Promise<string> {
    // What goes first makes room: a folder that became empty may be a file now, and the other way round.
    for (const [path, entry] of changes) if (entry === undefined) this.#remove(path);
    for (const [path, entry] of changes) if (entry !== undefined) this.#set(path, entry);
    // From the bottom up: a folder holds the ids of those in it, and is there because of them.
    for (const folders of byDepth(new Set([...changes.keys()].flatMap(foldersOf)))) {
      const level = folders.filter((folder) => this.#folders.has(folder));
      if (level.length === 0) continue;
      const ids = await writeTrees(level.map((folder) => this.#info(folder)));
      for (const [i, folder] of level.entries()) this.#set(folder, { mode: TREE_MODE, id: ids[i] ?? '' });
    }
    return (await writeTrees([this.#info('')]))[0] ?? '';
  }

  #info(folder: string): string {
    return treeInfo(this.#folders.get(folder) ?? new Map());
  }

  #set(path: string, entry: Entry): void {
    const [folder, name] = splitPath(path);
    const entries = this.#folders.get(folder) ?? new Map<string, Entry>();
    this.#folders.set(folder, entries.set(name, entry));
  }

  /** git knows no empty folders. */
  #remove(path: string): void {
    const [folder, name] = splitPath(path);
    const entries = this.#folders.get(folder);
    entries?.delete(name);
    if (entries?.size !== 0 || folder === '') return;
    this.#folders.delete(folder);
    this.#remove(folder);
  }
}

/** The deepest first. */
function byDepth(folders: Iterable<string>): string[][] {
  const levels = new Map<number, string[]>();
  for (const folder of folders) {
    const depth = folder.split('/').length;
    levels.set(depth, [...(levels.get(depth) ?? []), folder]);
  }
  return [...levels].toSorted(([a], [b]) => b - a).map(([, level]) => level);
}
