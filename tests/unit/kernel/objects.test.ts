import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ensureKernel } from '../../../orchestrator/kernel/ensure.js';
import { notCompiled } from '../../../orchestrator/kernel/not-compiled.js';
import { areCompiled, compileObjects, sourceOf } from '../../../orchestrator/kernel/objects.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/objects', { timeoutMs: 60_000 });
const dir = scratchDir('objects');
const gitDir = join(dir, 'repo.git');
const cache = join(dir, 'cache');
process.env['CI_CACHE_DIR'] = cache;
execFileSync('git', ['init', '-q', '--bare', gitDir]);

const CALLER = 'drivers/gpu/drm/drm_pagemap.c';
let count = 0;

/** The tree of tests/fixtures/kernel/tree with another call of zone_device_page_init(); gives back its tree id. */
function treeCalling(call: string): string {
  const work = join(dir, `work${(count += 1)}`);
  cpSync(join(projectRoot(), 'tests/fixtures/kernel/tree'), work, { recursive: true });
  const text = readFileSync(join(work, CALLER), 'utf8');
  writeFileSync(join(work, CALLER), text.replace('zone_device_page_init()', call));
  const env = { ...process.env, GIT_DIR: gitDir, GIT_INDEX_FILE: join(dir, `index${count}`) };
  execFileSync('git', ['--work-tree', work, 'add', '-f', '-A'], { env, cwd: work });
  return execFileSync('git', ['write-tree'], { env }).toString().trim();
}

const request = (tree: string, profile: string) => ({
  gitDir,
  commit: tree,
  tree,
  profile,
  fragments: [],
  makeOptions: [],
  logFile: join(dir, `build${count}.log`),
});

test('the profile drivers has the kernel of default, and compiles the callers', async () => {
  const tree = treeCalling('zone_device_page_init()');
  const plain = await ensureKernel(request(tree, 'default'));
  const drivers = await ensureKernel(request(tree, 'drivers'));
  assert.equal(notCompiled([CALLER, 'mm/memremap.c'], plain), [CALLER]);
  assert.equal(notCompiled([CALLER, 'mm/memremap.c'], drivers), []);
  assert.is(drivers.status, 'cached', 'one kernel for both');
  assert.is(drivers.signature, plain.signature);
  assert.is(await compileObjects(request(tree, 'default')), undefined);
});

test('what compiled once is not compiled again', async () => {
  const tree = treeCalling('zone_device_page_init() ');
  assert.is(await areCompiled(request(tree, 'default')), true, 'there is nothing to compile');
  assert.is(await areCompiled(request(tree, 'drivers')), false);
  const first = await compileObjects(request(tree, 'drivers'));
  rmSync(join(cache, 'builds'), { recursive: true });
  const second = await compileObjects(request(tree, 'drivers'));
  assert.ok(first?.has(CALLER));
  assert.equal(second, first);
  assert.is(await areCompiled(request(tree, 'drivers')), true);
  assert.not(existsSync(join(cache, 'builds')));
});

test('a caller that was forgotten is an error of the build, which default does not see', async () => {
  const tree = treeCalling('zone_device_page_init(1)');
  const plain = await ensureKernel(request(tree, 'default'));
  assert.is(plain.moduleError, undefined);
  let error: CiError | undefined;
  await ensureKernel(request(tree, 'drivers')).catch((thrown: unknown) => (error = thrown as CiError));
  assert.is(error?.fault, 'build');
  assert.match(
    error?.message ?? '',
    /single objects of drivers.*drivers\/gpu\/drm\/drm_pagemap\.c:5:\d+: error: too many arguments/,
  );
});

test('the source of an object', () => {
  assert.is(sourceOf('drivers/pci/p2pdma.o'), 'drivers/pci/p2pdma.c');
});

test.run();
