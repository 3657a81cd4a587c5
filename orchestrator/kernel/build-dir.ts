import { readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheDir } from '../store/paths.js';
import { sha256 } from '../store/hash.js';

/** One place where trees are built one after the other, so that only what changed between them is compiled. */
export interface BuildDir {
  readonly dir: string;
  /** The work tree. */
  readonly src: string;
  /**
   * make's O=. It lies inside the work tree: then kbuild calls the source `..` (Makefile: srcroot), no command line
   * holds an absolute path, and ccache hits from every build folder.
   */
  readonly out: string;
  readonly index: string;
  readonly lock: string;
  /** Exists while a checkout is under way. */
  readonly checkoutMarker: string;
  /** Exists while make is under way; its time is when that make began. */
  readonly buildMarker: string;
  /** The compiler command given to make: ccache where it is safe. */
  readonly ccWrapper: string;
  /** Copy of guests/module that make builds in. */
  readonly module: string;
}

export function buildDirAt(dir: string): BuildDir {
  return {
    dir,
    src: join(dir, 'src'),
    out: join(dir, 'src', 'out'),
    index: join(dir, 'index'),
    lock: join(dir, 'lock'),
    checkoutMarker: join(dir, 'checkout-under-way'),
    buildMarker: join(dir, 'build-under-way'),
    ccWrapper: join(dir, 'cc'),
    module: join(dir, 'module'),
  };
}

/** The object folder that the objects come from: what our clone borrows from, or the repository's own. */
export async function objectSource(gitDir: string): Promise<string> {
  const objects = join(gitDir, 'objects');
  try {
    const text = await readFile(join(objects, 'info', 'alternates'), 'utf8');
    const first = text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
    if (first !== undefined) return await realpath(resolve(objects, first));
  } catch {
    // No alternates: the repository stands for itself.
  }
  return realpath(objects).catch(() => objects);
}

/** Below cacheDir()/builds; trees of one source with one configuration and compiler share a folder. */
export async function buildDirFor(gitDir: string, parts: readonly string[]): Promise<BuildDir> {
  const key = sha256(await objectSource(gitDir), ...parts).slice(0, 16);
  return buildDirAt(join(cacheDir(), 'builds', key));
}
