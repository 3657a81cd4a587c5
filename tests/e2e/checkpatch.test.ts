import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { managedSource } from '../../orchestrator/kernel/managed-source.js';
import { DEFAULT_SOURCE } from '../../orchestrator/run/options.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { tool } from '../harness/tool.js';
import { scratch } from './support/cli.js';

const MINUTE = 60_000;
const test = suite('e2e: checkpatch', { timeoutMs: 25 * MINUTE, fileTimeoutMs: 30 * MINUTE });

/** What it asks of user space although only the kernel has it: types, macros, strscpy(); and memory that a test watches is volatile. */
const KERNEL_ONLY = [
  'PREFER_KERNEL_TYPES',
  'BIT_MACRO',
  'PREFER_DEFINED_ATTRIBUTE_MACRO',
  'STRCPY',
  'CAMELCASE',
  'VOLATILE',
];

const FILES = ['scripts/checkpatch.pl', 'scripts/spelling.txt', 'scripts/const_structs.checkpatch'];
const dir = scratch('checkpatch');
const source = await managedSource({ want: DEFAULT_SOURCE, progress: () => undefined });
mkdirSync(path.join(dir, 'scripts'));
for (const file of FILES) {
  const git = ['--git-dir', source.gitDir, 'show', `${source.head}:${file}`];
  writeFileSync(path.join(dir, file), execFileSync('git', git, { maxBuffer: 2 ** 26, timeout: MINUTE }));
}

/** Its complaints, a line each. */
function complaints(files: readonly string[], ignored: readonly string[]): string[] {
  const ignore = ignored.length > 0 ? ['--ignore', ignored.join(',')] : [];
  const argv = [
    FILES[0] ?? '',
    '--strict',
    '--no-tree',
    '--terse',
    '--no-summary',
    ...ignore,
    '-f',
    ...files,
  ];
  const result = spawnSync(tool('perl'), argv, { cwd: dir, encoding: 'utf8', timeout: 5 * MINUTE });
  const lines = result.stdout.split('\n').filter((line) => line !== '');
  // Without a tree it looks for headers of the kernel in vain, and says so; that it ran to its end is seen by its exit code.
  assert.is(result.status, lines.length > 0 ? 1 : 0, result.stderr);
  return lines;
}

function sources(folder: string): string[] {
  const at = path.join(projectRoot(), 'guests', folder);
  return readdirSync(at)
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => path.join(at, name));
}

test('the module has nothing that checkpatch.pl --strict of 7.3 complains of', () => {
  const files = sources('module');
  assert.ok(files.length > 10);
  assert.equal(complaints(files, []), []);
});

test('nor has the agent, but for what only a kernel has', () => {
  const files = sources('agent');
  assert.ok(files.length > 10);
  assert.equal(complaints(files, KERNEL_ONLY), []);
});

test('it does complain', () => {
  const file = path.join(dir, 'bad.c');
  writeFileSync(
    file,
    '// SPDX-License-Identifier: GPL-2.0\nint f(int a)\n{\n\tif (a) {\n\t\treturn 1;\n\t}\n\treturn  0;\n}\n',
  );
  assert.match(complaints([file], []).join('\n'), /braces \{\} are not necessary/);
});

test.run();
