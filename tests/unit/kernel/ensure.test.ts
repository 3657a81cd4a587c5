import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { KernelArtifact } from '../../../orchestrator/kernel/artifact.js';
import { cachedKernel, ensureKernel } from '../../../orchestrator/kernel/ensure.js';
import { notCompiled } from '../../../orchestrator/kernel/not-compiled.js';
import { waitFor } from '../../../orchestrator/process/deadline.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/ensure', { timeoutMs: 60_000 });
const dir = scratchDir('ensure');
const gitDir = join(dir, 'repo.git');
const cache = join(dir, 'cache');
process.env['CI_CACHE_DIR'] = cache;
execFileSync('git', ['init', '-q', '--bare', gitDir]);

let count = 0;

/** The tree of tests/fixtures/kernel/tree with some files changed; gives back its tree id. */
function treeWith(changes: Readonly<Record<string, string>>): string {
  const work = join(dir, `work${(count += 1)}`);
  cpSync(join(projectRoot(), 'tests/fixtures/kernel/tree'), work, { recursive: true });
  for (const [path, text] of Object.entries(changes)) writeFileSync(join(work, path), text);
  const env = { ...process.env, GIT_DIR: gitDir, GIT_INDEX_FILE: join(dir, `index${count}`) };
  execFileSync('git', ['--work-tree', work, 'add', '-f', '-A'], { env, cwd: work });
  return execFileSync('git', ['write-tree'], { env }).toString().trim();
}

const log = (): string => join(dir, `build${count}.log`);
const request = (tree: string, more: { fragments?: string[]; makeOptions?: string[] } = {}) => ({
  gitDir,
  commit: tree,
  tree,
  profile: 'default',
  fragments: more.fragments ?? [],
  makeOptions: more.makeOptions ?? [],
  logFile: log(),
});
const builds = (file: string): number =>
  existsSync(file) ? readFileSync(file, 'utf8').split('  LD      vmlinux\n').length - 1 : 0;

async function failure(tree: string, more = {}): Promise<CiError> {
  try {
    await ensureKernel(request(tree, more));
  } catch (error) {
    return error as CiError;
  }
  throw new Error('was to fail');
}

const BODY = readFileSync(join(projectRoot(), 'tests/fixtures/kernel/tree/mm/memremap.c'), 'utf8');
const BASE = treeWith({});
let base: KernelArtifact;

test('builds everything and says what it read', async () => {
  base = await ensureKernel(request(BASE));
  assert.is(base.status, 'built');
  assert.is(base.release, '9.9.1');
  assert.is(base.moduleError, undefined);
  for (const file of [base.vmlinux, base.systemMap, base.config, base.module, base.testHmm, base.hmmTests]) {
    assert.ok(file !== undefined && existsSync(file), file);
  }
  assert.equal(base.absentOptions, ['CONFIG_PROC_SYSCTL']);
  assert.is(execFileSync(base.hmmTests ?? 'none').toString(), '');
  const changed = [
    'mm/memremap.c',
    'mm/internal.h',
    'drivers/x.c',
    'tools/testing/selftests/mm/hmm-tests.c',
    'mm/Kconfig',
  ];
  assert.equal(notCompiled(changed, base), ['drivers/x.c', 'mm/Kconfig']);
});

test('a finished kernel costs no checkout and no make', async () => {
  const builds = join(cache, 'builds');
  rmSync(builds, { recursive: true });
  const again = await ensureKernel(request(BASE));
  assert.is(again.status, 'cached');
  assert.is(again.signature, base.signature);
  assert.equal([...again.sources].sort(), [...base.sources].sort());
  assert.not(existsSync(builds));
});

test('what is in the cache is found there, and nothing is built for what is not', async () => {
  assert.is((await cachedKernel(request(BASE)))?.signature, base.signature);
  const other = treeWith({ 'mm/memremap.c': `${BODY}\n/* other */\n` });
  assert.is(await cachedKernel(request(other)), undefined);
  assert.not(existsSync(join(cache, 'builds')));
});

test('a moved line is the same kernel, another instruction is not', async () => {
  const moved = await ensureKernel(request(treeWith({ 'mm/memremap.c': `/*\n *\n */\n${BODY}` })));
  const other = await ensureKernel(
    request(
      treeWith({
        'mm/internal.h': 'static inline void zone_device_page_init(void) { __asm__ volatile("nop; nop"); }\n',
      }),
    ),
  );
  assert.is.not(moved.key, base.key);
  assert.is(moved.signature, base.signature);
  assert.is.not(other.signature, base.signature);
  assert.is(readdirSync(join(cache, 'builds')).length, 1, 'one folder for all points');
});

test('what does not compile: fault, first error line with the path of the tree, log', async () => {
  const error = await failure(
    treeWith({ 'mm/memremap.c': BODY.replace('zone_device_page_init();', 'nonsense->x();') }),
  );
  assert.is(error.fault, 'build');
  assert.match(error.message, /does not compile: mm\/memremap\.c:5:\d+: error: 'nonsense' undeclared/);
  assert.match(readFileSync(log(), 'utf8'), /nonsense/);
});

test('a module that does not compile is a result; the kernel is there', async () => {
  const artifact = await ensureKernel(request(treeWith({ 'mm/memremap.c': `${BODY}/* new_argument */\n` })));
  assert.match(artifact.moduleError ?? '', /^main\.c:7:3: error: too few arguments/);
  assert.ok(existsSync(artifact.vmlinux));
  assert.not(existsSync(artifact.module));
});

test('hmm-tests that do not compile are a result too', async () => {
  const artifact = await ensureKernel(
    request(treeWith({ 'tools/testing/selftests/mm/hmm-tests.c': 'int main(void) { return x; }\n' })),
  );
  assert.is(artifact.hmmTests, undefined);
  assert.match(artifact.hmmTestsError ?? '', /hmm-tests\.c:1:\d+: error/);
});

test('an option that the tree does not give: fragment, line and what it lacks', async () => {
  const error = await failure(
    treeWith({ 'Kconfig.unknown': 'CONFIG_PROC_SYSCTL=y\nCONFIG_DEVICE_PRIVATE=y\n' }),
  );
  assert.is(error.fault, 'build');
  assert.match(error.message, /CONFIG_DEVICE_PRIVATE/);
  assert.match(error.details.where ?? '', /^kconfigs\/memory\.config:\d+$/);
  assert.match(error.details.detail ?? '', /mm\/Kconfig:1 depends on .*FANCY_MMU/);
});

test('the fragment of the user goes on top and makes another kernel', async () => {
  const fragment = join(dir, 'mine.config');
  writeFileSync(fragment, '# CONFIG_KSM is not set\nCONFIG_NR_CPUS=4\n');
  const artifact = await ensureKernel(request(BASE, { fragments: [fragment] }));
  const config = readFileSync(artifact.config, 'utf8');
  assert.match(config, /^# CONFIG_KSM is not set$/m);
  assert.match(config, /^CONFIG_NR_CPUS=4$/m);
  assert.is.not(artifact.key, base.key);
  assert.is.not(artifact.configHash, base.configHash);
});

test('kernels of several configurations are built in one folder where one is named', async () => {
  const folders = (): number => readdirSync(join(cache, 'builds')).length;
  const kernels: KernelArtifact[] = [];
  const before = folders();
  for (const cpus of [5, 6]) {
    const fragment = join(dir, `cpus-${cpus}.config`);
    writeFileSync(fragment, `CONFIG_NR_CPUS=${cpus}\n`);
    kernels.push(
      await ensureKernel({ ...request(BASE, { fragments: [fragment] }), folder: 'some configurations' }),
    );
  }
  assert.is(folders(), before + 1);
  for (const [index, { config, status }] of kernels.entries()) {
    assert.match(readFileSync(config, 'utf8'), new RegExp(`^CONFIG_NR_CPUS=${5 + index}$`, 'm'));
    assert.is(status, 'built');
  }
  assert.is.not(kernels[0]?.key, kernels[1]?.key);
});

test('make options are part of what a kernel is', async () => {
  const artifact = await ensureKernel(request(BASE, { makeOptions: ['KCFLAGS=-fno-inline'] }));
  assert.is(artifact.status, 'built');
  assert.is.not(artifact.key, base.key);
});

test('build output inside the tree is named', async () => {
  const error = await failure(treeWith({ '.config': 'CONFIG_X=y\n' }));
  assert.is(error.fault, 'build');
  assert.match(error.message, /build output inside \(\.config\)/);
});

test('two processes that want one kernel build it once', async () => {
  const tree = treeWith({ 'lib/test_hmm.c': 'int twice;\n' });
  const file = log();
  const module = JSON.stringify(new URL('../../../orchestrator/kernel/ensure.js', import.meta.url).href);
  const script = `const { ensureKernel } = await import(${module});
    console.log((await ensureKernel(${JSON.stringify(request(tree))})).status);`;
  const results = await Promise.all(
    [1, 2].map(
      () =>
        new Promise<string>((resolve) => {
          const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
            stdio: ['ignore', 'pipe', 'inherit'],
          });
          let text = '';
          child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
          child.on('close', () => resolve(text.trim()));
        }),
    ),
  );
  assert.is(builds(file), 1);
  assert.ok(results.includes('built'), results.join());
  assert.is(results.length, 2);
});

test('an abort ends make and leaves a folder that the next build can use', async () => {
  const makefile = readFileSync(join(projectRoot(), 'tests/fixtures/kernel/tree/Makefile'), 'utf8');
  const slow = treeWith({
    Makefile: makefile.replace('vmlinux:\n', 'vmlinux:\n\t@echo "  CC      slow.o"; sleep 600\n'),
  });
  const controller = new AbortController();
  const started = {
    ...request(slow),
    signal: controller.signal,
    progress: (text: string) => {
      if (text.startsWith('CC slow')) controller.abort(new Error('stopped by the test'));
    },
  };
  let message = '';
  await ensureKernel(started).catch((error: unknown) => (message = (error as Error).message));
  assert.is(message, 'stopped by the test');
  mkdirSync(cache, { recursive: true });
  const next = await ensureKernel(request(treeWith({ 'lib/test_hmm.c': 'int after_abort;\n' })));
  assert.is(next.status, 'built');
});

test('after SIGKILL nothing of make goes on, and the next build takes over lock and folder', async () => {
  const makefile = readFileSync(join(projectRoot(), 'tests/fixtures/kernel/tree/Makefile'), 'utf8');
  const nap = `6${process.pid}`;
  const slow = treeWith({
    Makefile: makefile.replace('vmlinux:\n', `vmlinux:\n\t@echo "  CC      slow.o"; sleep ${nap}\n`),
  });
  const module = JSON.stringify(new URL('../../../orchestrator/kernel/ensure.js', import.meta.url).href);
  const script = `const { ensureKernel } = await import(${module});
    await ensureKernel({ ...${JSON.stringify(request(slow))}, progress: (text) => console.log(text) });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('CC slow')) resolve();
    });
  });
  const sleeping = (): string =>
    spawnSync('pgrep', ['-f', `^sleep ${nap}$`])
      .stdout.toString()
      .trim();
  await waitFor(() => sleeping() || undefined, {
    ms: 5000,
    everyMs: 50,
    what: 'the slow build to be under way',
  });
  child.kill('SIGKILL');
  await waitFor(() => sleeping() === '' || undefined, {
    ms: 5000,
    everyMs: 50,
    what: 'make to die with its parent',
  });
  const next = await ensureKernel(request(treeWith({ 'lib/test_hmm.c': 'int after_kill;\n' })));
  assert.is(next.status, 'built');
});

test.run();
