import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, lstatSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../../orchestrator/store/hash.js';
import { scratchDir } from '../../harness/temp.js';

const ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A Developer',
  GIT_AUTHOR_EMAIL: 'dev@example.org',
  GIT_COMMITTER_NAME: 'A Developer',
  GIT_COMMITTER_EMAIL: 'dev@example.org',
  // Nothing to tidy up in so few objects; each commit would start a process to find that out.
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'maintenance.auto',
  GIT_CONFIG_VALUE_0: 'false',
  LC_ALL: 'C',
};

let clock = 1_767_225_600;

/** A second later than the time before, as git writes it. */
export function nextDate(): string {
  clock += 1;
  return `${clock} +0000`;
}

/** Runs git as a user would; every call is a second later than the one before. */
export function userGit(cwd: string, ...args: string[]): string {
  return gitReading('', cwd, ...args);
}

/** As userGit(), with something on stdin. */
export function gitReading(input: string, cwd: string, ...args: string[]): string {
  const date = nextDate();
  return execFileSync('git', args, {
    cwd,
    env: { ...ENV, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();
}

export function write(root: string, path: string, content: string | Uint8Array): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** A file of `lines` numbered lines, with some of them replaced. */
export function numbered(
  name: string,
  lines: number,
  replaced: Readonly<Record<number, string>> = {},
): string {
  return Array.from({ length: lines }, (_, i) => `${replaced[i + 1] ?? `${name} line ${i + 1}`}\n`).join('');
}

/** What tells a Linux source tree from any other directory, and two files to patch. */
export function writeKernel(root: string): void {
  write(root, 'Makefile', 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n');
  write(root, 'Kbuild', '# top\n');
  write(root, '.gitignore', '.*\n*.o\n/vmlinux\n');
  write(root, 'mm/memremap.c', numbered('memremap', 60));
  write(root, 'mm/huge_memory.c', numbered('huge', 60));
  write(root, 'mm/Makefile', 'obj-y += memremap.o\n');
}

/** A git checkout with one commit. */
export function kernelRepo(): string {
  const root = scratchDir('tree');
  writeKernel(root);
  userGit(root, 'init', '-q', '--template=', '-b', 'master', '.');
  userGit(root, 'add', '-f', '.');
  userGit(root, 'commit', '-q', '-m', 'Linux 7.3.4');
  return root;
}

/** Changes one line of a file and commits it; gives back the commit. */
export function commitLine(
  root: string,
  path: string,
  line: number,
  text: string,
  subject = `${path}: change ${line}`,
): string {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  lines[line - 1] = text;
  write(root, path, lines.join('\n'));
  userGit(root, 'add', '-f', path);
  userGit(
    root,
    'commit',
    '-q',
    '-m',
    `${subject}\n\nBody of "${subject}".\n\nSigned-off-by: A Developer <dev@example.org>`,
  );
  return userGit(root, 'rev-parse', 'HEAD');
}

/** The diff of a commit, as format-patch has it. */
export function diffOf(root: string, commit = 'HEAD', ...options: string[]): string {
  return `${userGit(root, 'diff-tree', '-p', '-M', ...options, `${commit}^`, commit)}\n`;
}

/** A line for everything below a folder: name, mode, time, hash of the content. Equal means nothing was written. */
export function fingerprint(root: string): string {
  const lines: string[] = [];
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder).toSorted()) {
      const path = join(folder, name);
      const info = lstatSync(path);
      // git renews the times of a shared index it reads and of objects that somebody needs again (a guard against
      // pruning); that is no change.
      const renewed = name.startsWith('sharedindex.') || path.includes('/.git/objects/');
      const time = renewed ? '' : info.mtimeMs;
      const content = info.isFile() ? sha256(readFileSync(path)).slice(0, 12) : '';
      lines.push(`${path.slice(root.length)} ${info.mode} ${time} ${content}`);
      if (info.isDirectory()) walk(path);
    }
  };
  walk(root);
  return lines.join('\n');
}

/** Points the cache at a new folder, for this test file alone. */
export function ownCache(): string {
  const folder = scratchDir('cache');
  process.env['CI_CACHE_DIR'] = folder;
  return folder;
}
