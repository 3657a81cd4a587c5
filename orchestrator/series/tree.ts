import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { CiError } from '../process/errors.js';
import { ask, git, gitWords, tryGit } from './git.js';
import type { Tree } from './types.js';

const REMEDY = 'Pass the top directory of a Linux source tree (the one with Kbuild and MAINTAINERS).';

/**
 * Finds out what a `--tree` is: a git checkout (also a linked work tree), a bare repository, or plain source. git's
 * search in the directories above is not used: source unpacked inside another project is plain source. Throws
 * CiError('usage') if there is nothing, or no kernel.
 */
export async function locateTree(given: string): Promise<Tree> {
  const path = await realDirectory(given);
  const dotGit = existsSync(join(path, '.git'));
  const bare = !dotGit && ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
  if (!dotGit && !bare) {
    await assertKernelFiles(path, given);
    return { kind: 'plain', path };
  }
  const answer = await tryGit(
    ['rev-parse', '--absolute-git-dir', '--git-common-dir', '--git-path', 'objects'],
    {
      cwd: path,
      trust: '*',
      env: { GIT_CEILING_DIRECTORIES: join(path, '..') },
    },
  );
  if (answer.exitCode !== 0) {
    throw new CiError('usage', `${given} has a .git that git cannot read`, {
      where: given,
      remedy: 'Check with `git status` there. A linked work tree needs its main repository.',
      detail: gitWords(answer),
    });
  }
  const [gitDir = path, commonDir = path, objects = join(path, 'objects')] = answer.stdout
    .trim()
    .split('\n')
    .map((line) => (isAbsolute(line) ? line : resolve(path, line)));
  const tree: Tree = { kind: 'git', path, gitDir, commonDir, objects, ...(bare ? {} : { workTree: path }) };
  if (bare) await assertKernelCommit(gitDir, 'HEAD', given);
  else await assertKernelFiles(path, given);
  return tree;
}

async function realDirectory(given: string): Promise<string> {
  try {
    const path = await realpath(resolve(given));
    if ((await stat(path)).isDirectory()) return path;
  } catch {
    // Said below: whatever the reason, there is no directory to work with.
  }
  throw new CiError('usage', `--tree ${given}: no such directory`, { where: given, remedy: REMEDY });
}

async function assertKernelFiles(path: string, given: string): Promise<void> {
  const makefile = await readFile(join(path, 'Makefile'), 'utf8').catch(() => '');
  if (existsSync(join(path, 'Kbuild')) && isKernelMakefile(makefile)) return;
  const above = await ask(['rev-parse', '--show-toplevel'], { cwd: path, trust: '*' });
  const hint =
    above !== undefined && above !== path && existsSync(join(above, 'Kbuild'))
      ? `Its top directory seems to be ${above}: pass \`--tree ${above}\`.`
      : REMEDY;
  throw new CiError('usage', `${given} is not a Linux source tree: no Kbuild, or no kernel's Makefile`, {
    where: given,
    remedy: hint,
  });
}

function isKernelMakefile(text: string): boolean {
  return /^VERSION\s*=\s*\d/m.test(text) && /^PATCHLEVEL\s*=\s*\d/m.test(text);
}

/** Throws CiError('usage') unless the commit holds a kernel. */
export async function assertKernelCommit(gitDir: string, commit: string, named: string): Promise<void> {
  const input = `${commit}:Kbuild\n${commit}:Makefile\n`;
  const files = await tryGit(['cat-file', '--batch'], { gitDir, trust: '*', input });
  const both = files.exitCode === 0 && !/:(?:Kbuild|Makefile) missing$/m.test(files.stdout);
  if (both && isKernelMakefile(files.stdout)) return;
  throw new CiError('usage', `${named} is not a Linux source tree: no Kbuild, or no kernel's Makefile`, {
    where: named,
    remedy: REMEDY,
  });
}

/** "7.3.4" or "7.3.0-rc7" from the Makefile of a commit; undefined if it has none. */
export async function makefileVersion(gitDir: string, commit: string): Promise<string | undefined> {
  const answer = await tryGit(['cat-file', 'blob', `${commit}:Makefile`], { gitDir, trust: '*' });
  if (answer.exitCode !== 0) return undefined;
  const value = (name: string): string =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*(\\S*)`, 'm').exec(answer.stdout)?.[1] ?? '';
  return `${value('VERSION')}.${value('PATCHLEVEL')}.${value('SUBLEVEL')}${value('EXTRAVERSION')}`;
}

/** The commit that a revision of the user's names. Throws CiError('usage') for an unknown one. */
export async function resolveCommit(
  tree: Tree & { kind: 'git' },
  revision: string,
  named: string,
): Promise<string> {
  const answer = await tryGit(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
    {
      gitDir: tree.gitDir,
      trust: '*',
    },
  );
  const commit = answer.stdout.trim();
  if (answer.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  const shallow = existsSync(join(tree.commonDir, 'shallow'));
  throw new CiError('usage', `${named}: there is no commit "${revision}" in ${tree.path}`, {
    remedy: shallow
      ? 'The tree is a shallow clone: fetch the commit with `git fetch --unshallow` or `git fetch origin REV`.'
      : 'Check the name with `git log REV` there, or `git fetch` it.',
    ...(answer.stderr.trim() === '' ? {} : { detail: gitWords(answer) }),
  });
}

/** HEAD of the tree; undefined before the first commit. */
export async function headOf(tree: Tree & { kind: 'git' }): Promise<string | undefined> {
  return ask(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { gitDir: tree.gitDir, trust: '*' });
}

/** Names every object by the same hash as the tree does: "sha1" or "sha256". */
export async function objectFormat(tree: Tree & { kind: 'git' }): Promise<string> {
  return (await git(['rev-parse', '--show-object-format'], { gitDir: tree.gitDir, trust: '*' })).trim();
}
