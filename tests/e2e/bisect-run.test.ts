import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { cacheDir, projectRoot } from '../../orchestrator/store/paths.js';
import { GIT_IDENTITY } from '../harness/git-identity.js';
import { suite } from '../harness/suite.js';
import { ci } from './support/cli.js';

const MINUTE = 60_000;
const test = suite('e2e: git bisect run', { timeoutMs: 30 * MINUTE, fileTimeoutMs: 40 * MINUTE });

const COMMITS = 8;
const CULPRIT = 5;

/** Below the cache, and the same each time: its kernels are found again. */
const tree = path.join(cacheDir(), 'e2e', 'bisect-tree');

function git(...argv: readonly string[]): string {
  return execFileSync('git', ['-C', tree, '-c', 'gc.auto=0', ...argv], {
    encoding: 'utf8',
    env: { ...process.env, ...GIT_IDENTITY },
    maxBuffer: 2 ** 28,
  });
}

function managedSource(): string {
  const root = path.join(cacheDir(), 'source');
  const name = readdirSync(root).find((one) => one.startsWith('linux-source-7.3_') && !one.includes('~rc'));
  if (name === undefined) throw new Error(`no linux-source-7.3 in ${root}`);
  return path.join(root, name);
}

/** A work tree with 8 commits on top of the managed source; the fifth takes the re-initialisation out. */
function makeTree(): void {
  if (!existsSync(path.join(tree, 'Makefile'))) {
    rmSync(tree, { recursive: true, force: true });
    const source = managedSource();
    const into = ['clone', '--quiet', '--shared', '--branch', 'main', source, tree];
    execFileSync('git', into, { env: { ...process.env, ...GIT_IDENTITY } });
    git('tag', 'start');
  }
  git('checkout', '--quiet', '--force', '--detach', 'start');
  const series = readFileSync(path.join(projectRoot(), 'tests/series/reinit-lost.mbox'), 'utf8');
  const breaking = series.split(/^(?=From [0-9a-f]{40} )/m)[1] ?? '';
  const file = path.join(tree, 'mm/memremap.c');
  for (let n = 1; n <= COMMITS; n += 1) {
    if (n === CULPRIT) {
      const mail = path.join(tree, '..', 'breaking.mbox');
      writeFileSync(mail, breaking);
      git('apply', '--index', mail);
    } else {
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n/* change ${n} */\n`);
      // The .gitignore of Debian's source has everything in it.
      git('add', '--force', 'mm/memremap.c');
    }
    git('commit', '--quiet', '-m', `mm: change ${n}`);
  }
  git('tag', '--force', 'tip');
}

test.before(async () => {
  // Brings the managed source where no other test has yet.
  const planned = await ci(['run', 'tests/series/reinit-lost.mbox', '--dry-run']);
  assert.is(planned.code, 0, planned.stderr);
  makeTree();
});

test('git names the breaking commit', () => {
  git('bisect', 'start', 'tip', 'start');
  const launcher = path.join(projectRoot(), 'ci');
  // One test says it as well as the whole suite, which reinit-lost.test.ts runs, and in a tenth of the time.
  const run = [launcher, 'run', '--tree', '.', '--test', 'mixed-order/S1'];
  const said = spawnSync('git', ['bisect', 'run', ...run], {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    maxBuffer: 2 ** 28,
  });
  try {
    assert.is(said.status, 0, said.stdout.slice(-2000) + said.stderr.slice(-3000));
    const named = /^([0-9a-f]{40}) is the first bad commit$/m.exec(said.stdout)?.[1] ?? '';
    assert.is(git('show', '-s', '--format=%s', named).trim(), `mm: change ${CULPRIT}`);
    assert.is(git('status', '--porcelain').trim(), '');
  } finally {
    git('bisect', 'reset');
  }
});

test.run();
