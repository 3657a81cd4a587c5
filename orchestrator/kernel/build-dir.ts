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

/** Another run may build several kernels in the folder that we wait for. */
export const BUILD_LOCK_DEADLINE_MS = 4 * 60 * 60_000;

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

/** Repositories that borrow from one another in a row; git itself follows five. */
const MAX_BORROWED = 5;

async function borrowedFrom(objects: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(objects, 'info', 'alternates'), 'utf8');
    const first = text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
    return first === undefined ? undefined : await realpath(resolve(objects, first));
  } catch {
    // No alternates: the repository stands for itself.
    return undefined;
  }
}

/** The object folder that the objects come from in the end: clones of one repository build in one folder. */
export async function objectSource(gitDir: string): Promise<string> {
  let objects = join(gitDir, 'objects');
  for (let depth = 0; depth < MAX_BORROWED; depth += 1) {
    const from = await borrowedFrom(objects);
    if (from === undefined) break;
    objects = from;
  }
  return realpath(objects).catch(() => objects);
}

/** Below cacheDir()/builds; trees of one source with one configuration and compiler share a folder. */
export async function buildDirFor(gitDir: string, parts: readonly string[]): Promise<BuildDir> {
  const key = sha256(await objectSource(gitDir), ...parts).slice(0, 16);
  return buildDirAt(join(cacheDir(), 'builds', key));
}
