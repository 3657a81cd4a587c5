import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildDirAt, buildDirFor, type BuildDir } from '../../../orchestrator/kernel/build-dir.js';
import { assertClean, checkoutTree } from '../../../orchestrator/kernel/checkout.js';
import { guarded } from '../../../orchestrator/kernel/repair.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/checkout', { timeoutMs: 30_000 });
const dir = scratchDir('checkout');
const gitDir = join(dir, 'repo.git');
execFileSync('git', ['init', '-q', '--bare', gitDir]);

function treeOf(files: Readonly<Record<string, string>>): string {
  const work = scratchDir('tree');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  const env = { ...process.env, GIT_DIR: gitDir, GIT_INDEX_FILE: join(work, '..', `index-${Math.random()}`) };
  execFileSync('git', ['--work-tree', work, 'add', '-f', '-A'], { env, cwd: work });
  const tree = execFileSync('git', ['write-tree'], { env }).toString().trim();
  rmSync(env.GIT_INDEX_FILE);
  return tree;
}

const A = treeOf({ 'mm/a.c': 'a1', 'mm/b.c': 'b1', 'gone/only-a.c': 'x' });
const B = treeOf({ 'mm/a.c': 'a2', 'mm/b.c': 'b1', 'new/only-b.c': 'y' });

let count = 0;
const fresh = (): BuildDir => buildDirAt(join(dir, `build${(count += 1)}`));
const read = (build: BuildDir, path: string): string => readFileSync(join(build.src, path), 'utf8');

test('from tree to tree only changed files get new times; build output stays', async () => {
  const build = fresh();
  await checkoutTree(gitDir, A, build);
  mkdirSync(build.out, { recursive: true });
  writeFileSync(join(build.out, 'b.o'), 'object');
  const before = statSync(join(build.src, 'mm/b.c')).mtimeMs;
  await checkoutTree(gitDir, B, build);
  assert.is(read(build, 'mm/a.c'), 'a2');
  assert.is(read(build, 'new/only-b.c'), 'y');
  assert.not(existsSync(join(build.src, 'gone/only-a.c')));
  assert.is(statSync(join(build.src, 'mm/b.c')).mtimeMs, before);
  assert.ok(existsSync(join(build.out, 'b.o')));
});

test('goes on after a checkout that was killed: stale lock, half the files, files of the other tree', async () => {
  const build = fresh();
  await checkoutTree(gitDir, A, build);
  // What a killed checkout of B leaves: the old index, its lock, the marker, and some files of B.
  writeFileSync(`${build.index}.lock`, '');
  writeFileSync(build.checkoutMarker, B);
  writeFileSync(join(build.src, 'mm/a.c'), 'a2');
  mkdirSync(join(build.src, 'new'), { recursive: true });
  writeFileSync(join(build.src, 'new/only-b.c'), 'y');
  rmSync(join(build.src, 'mm/b.c'));
  mkdirSync(build.out, { recursive: true });
  writeFileSync(join(build.out, 'a.o'), 'object');
  await checkoutTree(gitDir, A, build);
  assert.is(read(build, 'mm/a.c'), 'a1');
  assert.is(read(build, 'mm/b.c'), 'b1');
  assert.not(existsSync(join(build.src, 'new/only-b.c')));
  assert.ok(existsSync(join(build.out, 'a.o')));
  assert.not(existsSync(build.checkoutMarker));
});

test('a damaged index costs a full checkout, not the run', async () => {
  const build = fresh();
  await checkoutTree(gitDir, A, build);
  writeFileSync(build.index, 'garbage');
  await checkoutTree(gitDir, B, build);
  assert.is(read(build, 'mm/a.c'), 'a2');
});

test('a tree that does not exist is an error that says so', async () => {
  try {
    await checkoutTree(gitDir, '0123456789012345678901234567890123456789', fresh());
    assert.unreachable();
  } catch (error) {
    assert.is((error as CiError).fault, 'infra');
  }
});

test('a tree with build output inside is refused before make is', async () => {
  const build = fresh();
  await checkoutTree(gitDir, treeOf({ '.config': 'CONFIG_X=y\n', 'mm/a.c': 'a' }), build);
  assert.throws(
    () => assertClean(build),
    (error: CiError) =>
      error.fault === 'build' &&
      /\.config/.test(error.message) &&
      /mrproper/.test(error.details.remedy ?? ''),
  );
});

test('a killed make: half-made files go, finished ones stay', async () => {
  const build = fresh();
  mkdirSync(join(build.out, 'mm'), { recursive: true });
  mkdirSync(join(build.out, 'include/config'), { recursive: true });
  const at = (path: string): string => join(build.out, path);
  writeFileSync(at('mm/old.o'), 'old');
  utimesSync(at('mm/old.o'), 1000, 1000);
  writeFileSync(build.buildMarker, '');
  utimesSync(build.buildMarker, 2000, 2000);
  const make = (path: string, time: number): void => {
    writeFileSync(at(path), 'x');
    utimesSync(at(path), time, time);
  };
  make('mm/done.o', 2100);
  make('mm/.done.o.cmd', 2101);
  make('objtool', 2050);
  make('mm/half.o', 2200);
  make('mm/redone.o', 2201);
  make('mm/.redone.o.cmd', 1500);
  make('include/config/auto.conf', 2100);
  make('vmlinux', 2210);
  await guarded(build, async () => {
    assert.equal(
      [
        'mm/old.o',
        'mm/done.o',
        'mm/half.o',
        'mm/redone.o',
        'include/config/auto.conf',
        'vmlinux',
        'objtool',
      ].map((path) => existsSync(at(path))),
      [true, true, false, false, true, false, true],
    );
  });
  assert.not(existsSync(build.buildMarker));
});

test('the marker stays when make was stopped, and goes when the code is at fault', async () => {
  const build = fresh();
  mkdirSync(build.dir, { recursive: true });
  await guarded(build, () => Promise.reject(new CiError('build', 'x'))).catch(() => {});
  assert.not(existsSync(build.buildMarker));
  await guarded(build, () => Promise.reject(new Error('interrupted'))).catch(() => {});
  assert.ok(existsSync(build.buildMarker));
});

test('clones that borrow from one repository share a build folder', async () => {
  const one = join(dir, 'one.git');
  const two = join(dir, 'two.git');
  for (const clone of [one, two])
    execFileSync('git', ['clone', '-q', '--bare', '--shared', gitDir, clone], { stdio: 'ignore' });
  assert.is((await buildDirFor(one, ['c'])).dir, (await buildDirFor(two, ['c'])).dir);
  assert.is((await buildDirFor(gitDir, ['c'])).dir, (await buildDirFor(two, ['c'])).dir);
  assert.is.not((await buildDirFor(one, ['other'])).dir, (await buildDirFor(two, ['c'])).dir);
});

test.run();
