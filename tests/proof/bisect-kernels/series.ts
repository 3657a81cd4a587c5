import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheDir } from '../../../orchestrator/store/paths.js';
import { GIT_IDENTITY } from '../../harness/git-identity.js';
import type { Edit } from './edits.js';

function managedSource(): string {
  const root = path.join(cacheDir(), 'source');
  const name = readdirSync(root).find((one) => one.startsWith('linux-source-7.3_') && !one.includes('~rc'));
  if (name === undefined) throw new Error(`no linux-source-7.3 in ${root}; ./ci run brings it`);
  return path.join(root, name);
}

/** A bare repository that borrows the managed source, and an index: nothing is ever checked out. */
class Scratch {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'ci-proof-bisect-'));

  constructor() {
    execFileSync('git', ['clone', '-q', '--shared', '--bare', managedSource(), this.#gitDir], {
      env: this.#env,
    });
    this.git(['read-tree', 'HEAD']);
  }

  git(argv: readonly string[], input = ''): string {
    return execFileSync('git', ['--git-dir', this.#gitDir, ...argv], {
      env: this.#env,
      encoding: 'utf8',
      input,
      maxBuffer: 2 ** 28,
    });
  }

  /** The commit of an edit on top of another. */
  commit(edit: Edit, parent: string): string {
    const text = this.git(['show', `:${edit.file}`]);
    if (text.split(edit.find).length !== 2) throw new Error(`${edit.subject}: its text is not there once`);
    const blob = this.git(
      ['hash-object', '-w', '--stdin'],
      text.replace(edit.find, () => edit.replace),
    ).trim();
    this.git(['update-index', '--cacheinfo', `100644,${blob},${edit.file}`]);
    const tree = this.git(['write-tree']).trim();
    return this.git(['commit-tree', tree, '-p', parent, '-m', edit.subject]).trim();
  }

  get #gitDir(): string {
    return path.join(this.#folder, 'repo');
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, ...GIT_IDENTITY, GIT_INDEX_FILE: path.join(this.#folder, 'index') };
  }
}

/** A series of these edits on the managed source, as an mbox in a file. */
export function writeSeries(edits: readonly Edit[], file: string): void {
  const scratch = new Scratch();
  let tip = scratch.git(['rev-parse', 'HEAD']).trim();
  const base = tip;
  for (const edit of edits) tip = scratch.commit(edit, tip);
  const argv = ['format-patch', '--stdout', '--full-index', '--zero-commit', `${base}..${tip}`];
  writeFileSync(file, scratch.git(argv));
}
