import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { withLock } from '../store/lock.js';
import { plainExcludes } from './excludes.js';
import { git } from './git.js';
import type { CloneOptions } from './clone.js';
import { makefileVersion } from './tree.js';

const IMPORT_DEADLINE_MS = 30 * 60_000;

/**
 * Imports a plain source directory into a repository of ours: GIT_DIR ours, GIT_WORK_TREE theirs, never written into.
 * What the tree's own .gitignore files name stays out (objects of a build inside it). Equal content gives an equal
 * commit; the index stays, so that a second import reads only what changed.
 */
export async function importPlain(
  path: string,
  gitDir: string,
  options: CloneOptions,
): Promise<{ commit: string; notes: string[] }> {
  return withLock(
    `${gitDir}.lock`,
    {
      what: `the import of ${path}`,
      deadlineMs: IMPORT_DEADLINE_MS,
      onWait: (owner) => options.progress?.(`waiting for ${owner}, which imports ${path}`),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    async () => {
      // Left by a git that was SIGKILLed; the lock is ours now, so nobody holds it.
      await rm(join(gitDir, 'index.lock'), { force: true });
      options.progress?.(`importing ${path}`);
      const common = { gitDir, signal: options.signal };
      const at = {
        ...common,
        workTree: path,
        cwd: path,
        // Blobs above the threshold go straight into one pack: a kernel tree is 90 000 files otherwise.
        config: ['core.bigFileThreshold=1', 'core.compression=1', 'core.autocrlf=false'],
        deadlineMs: IMPORT_DEADLINE_MS,
        fault: 'usage',
        remedy: 'Every file of the source must be readable.',
      } as const;
      await git(['add', '--update', '--', '.'], at);
      const top = await readFile(join(path, '.gitignore'), 'utf8').catch(() => '');
      const excludes = plainExcludes(top).map((pattern) => `--exclude=${pattern}`);
      const files = await git(
        ['ls-files', '-z', '--others', ...excludes, '--exclude-per-directory=.gitignore'],
        at,
      );
      if (files !== '') await git(['update-index', '--add', '-z', '--stdin'], { ...at, input: files });
      const tree = (await git(['write-tree'], common)).trim();
      const version = (await makefileVersion(gitDir, tree)) ?? 'unknown version';
      const env = { GIT_AUTHOR_DATE: '@0 +0000', GIT_COMMITTER_DATE: '@0 +0000' };
      const message = `Linux ${version}, imported from ${basename(path)}\n`;
      const commit = (await git(['commit-tree', tree], { ...common, env, input: message })).trim();
      return { commit, notes: [] };
    },
  );
}
