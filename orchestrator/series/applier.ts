import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { gitWords, tryGit, type GitOptions } from './git.js';
import {
  partIndex,
  wholeIndex,
  type PatchIndex,
  type PatchIndexOptions,
  type Written,
} from './patch-index.js';

export type Applied = (Written & { readonly note?: string }) | { readonly gitSays: string };

/**
 * Applies diffs to a tree without a work tree, each to what the one before gave. In the index are only the paths that the
 * diffs name; where git is not content with that, a second try has the whole tree, and what it says then is what counts.
 */
export class Applier {
  readonly #options: PatchIndexOptions;
  #index: PatchIndex;
  #whole: boolean;
  #tree: string;

  private constructor(tree: string, index: PatchIndex, whole: boolean, options: PatchIndexOptions) {
    [this.#tree, this.#index, this.#whole, this.#options] = [tree, index, whole, options];
  }

  /** @param paths every path that the diffs name; a diff that names another one takes longer */
  static async open(tree: string, paths: readonly string[], options: PatchIndexOptions): Promise<Applier> {
    const part = await partIndex(tree, paths, options);
    return new Applier(tree, part ?? (await wholeIndex(tree, options)), part === undefined, options);
  }

  /**
   * A plain application first, a three-way merge where that fails and the blobs are there. After a diff that does not apply
   * nothing more can be applied.
   */
  async apply(file: string, strip: 0 | 1): Promise<Applied> {
    let applied = await applyDiff(file, strip, this.#tree, this.#index, this.#at());
    if (!this.#whole && (applied === undefined || 'gitSays' in applied)) {
      this.#index = await wholeIndex(this.#tree, this.#options);
      this.#whole = true;
      applied = await applyDiff(file, strip, this.#tree, this.#index, this.#at());
    }
    if (applied === undefined) throw new Error('an index of the whole tree knows its tree');
    if ('tree' in applied) this.#tree = applied.tree;
    return applied;
  }

  /** Whether a diff that does not apply could be taken back from the tree. */
  async reversible(file: string, strip: 0 | 1): Promise<boolean> {
    // Made anew: a merge that came to nothing stays in the index.
    this.#index = await wholeIndex(this.#tree, this.#options);
    const args = ['apply', '--reverse', '--check', '--cached', `-p${strip}`, file];
    return (await tryGit(args, this.#at())).exitCode === 0;
  }

  #at(): PatchIndexOptions & { readonly indexFile: string } {
    return { ...this.#options, indexFile: this.#index.indexFile };
  }
}

/** Undefined where the index cannot tell the tree that came of it. */
async function applyDiff(
  file: string,
  strip: 0 | 1,
  before: string,
  index: PatchIndex,
  { folder, ...at }: GitOptions & { readonly folder: string },
): Promise<Applied | undefined> {
  const args = ['--cached', `-p${strip}`, '--whitespace=nowarn', file];
  const plain = await tryGit(['apply', ...args], at);
  if (plain.exitCode === 0) return index.tree();

  // For a new file that is in the index already, git puts the one of the index where it stands, even with --cached.
  const cwd = await mkdtemp(join(folder, 'merge-'));
  const merged = await tryGit(['apply', '--3way', ...args], { ...at, cwd });
  if (merged.exitCode === 0) {
    const written = await index.tree();
    const same = written?.tree === before;
    const note = same ? 'already in the tree: nothing changed' : 'applied by a three-way merge';
    return written === undefined ? undefined : { ...written, note };
  }
  const says = [plain, merged].map((result) => cleanWords(gitWords(result), file));
  return { gitSays: [...new Set(says.join('\n').split('\n'))].join('\n') };
}

/** git names our temporary file where the patch is malformed; the user knows it as the patch's mail. */
function cleanWords(words: string, file: string): string {
  return words.replaceAll(`${file}:`, 'line ').replaceAll(file, 'the patch').trim();
}
