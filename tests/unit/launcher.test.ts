import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { run, type ChildResult } from '../../orchestrator/process/child.js';
import { which } from '../../orchestrator/process/which.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { tool } from '../harness/tool.js';
import { scratchDir } from '../harness/temp.js';

const test = suite('launcher');

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

interface Sandbox {
  readonly root: string;
  readonly bin: string;
  /** What the fake tools were called for, one line each. */
  calls(): string[];
  ci(
    args?: readonly string[],
    options?: { cwd?: string; file?: string; env?: Record<string, string> },
  ): Promise<ChildResult>;
}

/** What the launcher needs from the system; nothing else is in its PATH, whatever this machine has. */
const SYSTEM = [
  'sh',
  'cat',
  'dirname',
  'find',
  'flock',
  'grep',
  'head',
  'mkdir',
  'mv',
  'readlink',
  'rm',
  'sha256sum',
  'sleep',
  'tr',
  'env',
  'chmod',
  'sed',
];

/** A project with the real launcher and fake tools: npm, tsc, apt-get, id. Each fake leaves a line in the log. */
function sandbox(packages = 'tool-package  the-tool  a reason'): Sandbox {
  const root = scratchDir('launcher with blank');
  const bin = join(scratchDir('bin'), 'bin');
  const log = join(bin, 'log');
  mkdirSync(bin);
  for (const name of SYSTEM) symlinkSync(which(name) ?? '/missing', join(bin, name));
  symlinkSync(process.execPath, join(bin, 'node'));
  mkdirSync(join(root, 'orchestrator', 'cli'), { recursive: true });
  mkdirSync(join(root, 'tests'));
  copyFileSync(join(projectRoot(), 'ci'), join(root, 'ci'));
  chmodSync(join(root, 'ci'), 0o755);
  writeFileSync(join(root, 'debian-packages.txt'), `# comment\n\n${packages}\n`);
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'tsconfig.json'), '{}');
  writeFileSync(
    join(root, 'orchestrator', 'cli', 'main.ts'),
    `console.log(process.cwd()); console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 125;`,
  );
  script(join(bin, 'the-tool'), '');
  script(join(bin, 'id'), 'echo "${FAKE_UID-0}"');
  script(
    join(bin, 'npm'),
    `echo "npm $*" >>"${log}"; echo noise; [ -z "\${NPM_FAILS-}" ] || exit 1
rm -rf node_modules; mkdir -p node_modules/.bin; sleep "\${FAKE_WORK-0}"; cat >node_modules/.bin/tsc <<'TSC'
#!/bin/sh
echo "tsc" >>"${log}"; [ -z "\${TSC_FAILS-}" ] || { echo "main.ts: error"; exit 2; }
mkdir -p "$4/orchestrator/cli"; sleep "\${FAKE_WORK-0}"; cat orchestrator/cli/main.ts >"$4/orchestrator/cli/main.js"
TSC
chmod +x node_modules/.bin/tsc`,
  );
  script(
    join(bin, 'apt-get'),
    `echo "apt-get $*" >>"${log}"; echo noise
case "$*" in *install*) [ -z "\${APT_FAILS-}" ] || exit 100; echo '#!/bin/sh' >"${bin}/late-tool"; chmod +x "${bin}/late-tool" ;; esac`,
  );
  return {
    root,
    bin,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    ci: async (args = [], options = {}) =>
      run([options.file ?? join(root, 'ci'), ...args], {
        what: 'ci',
        deadlineMs: 9000,
        env: { ...options.env, PATH: bin },
        cwd: options.cwd ?? '/',
      }),
  };
}

test('sets up once, keeps cwd and arguments, and hands on the exit code', async () => {
  const box = sandbox();
  const cwd = realpathSync(scratchDir('cwd'));
  const first = await box.ci(['run', '--tree', '.', 'a b', ''], { cwd });
  assert.is(first.exitCode, 125, first.stderr);
  assert.is(first.stdout, `${cwd}\n["run","--tree",".","a b",""]\n`);
  assert.equal(
    box.calls().map((line) => line.split(' ')[0]),
    ['npm', 'tsc'],
  );
  assert.match(box.calls()[0] ?? '', /^npm ci /);
  const second = await box.ci();
  assert.is(second.exitCode, 125);
  assert.is(second.stderr, '');
  assert.is(box.calls().length, 2);
});

test('--setup-only sets up, says nothing on stdout and runs nothing', async () => {
  const box = sandbox();
  const result = await box.ci(['--setup-only']);
  assert.equal([result.exitCode, result.stdout], [0, ''], result.stderr);
  assert.ok(existsSync(join(box.root, 'dist', 'orchestrator', 'cli', 'main.js')));
  assert.equal(
    readdirSync(box.root).filter((name) => name.startsWith('dist-')),
    [],
  );
});

test('works through symlinks, also relative ones and chains', async () => {
  const box = sandbox();
  const elsewhere = scratchDir('links');
  symlinkSync(join(box.root, 'ci'), join(elsewhere, 'one'));
  symlinkSync('one', join(elsewhere, 'two'));
  const result = await box.ci(['x'], { cwd: elsewhere, file: './two' });
  assert.is(result.exitCode, 125, result.stderr);
});

test('a changed lockfile installs again, a changed or removed source compiles again', async () => {
  const box = sandbox();
  await box.ci();
  const done = box.calls().length;
  writeFileSync(join(box.root, 'package-lock.json'), '{ }');
  await box.ci();
  assert.equal(box.calls().slice(done), [box.calls()[0], 'tsc']);
  writeFileSync(join(box.root, 'tests', 'x.ts'), '');
  await box.ci();
  assert.is(box.calls().length, done + 3);
  writeFileSync(join(box.root, 'tests', 'old.ts'), '');
  utimesSync(join(box.root, 'tests', 'old.ts'), 1, 1);
  await box.ci();
  assert.is(box.calls().length, done + 4);
  await box.ci();
  assert.is(box.calls().length, done + 4);
});

test('what fails to compile is 128, shows the compiler and leaves the old output in place', async () => {
  const box = sandbox();
  await box.ci();
  writeFileSync(join(box.root, 'orchestrator', 'x.ts'), '');
  const result = await box.ci([], { env: { TSC_FAILS: '1' } });
  assert.equal([result.exitCode, result.stdout], [128, '']);
  assert.match(result.stderr, /main\.ts: error[\s\S]*does not compile/);
  assert.ok(existsSync(join(box.root, 'dist', 'orchestrator', 'cli', 'main.js')));
  assert.equal(
    readdirSync(box.root).filter((name) => name.startsWith('dist-')),
    [],
  );
});

test('npm that fails is 128 with a hint at the network, and is tried again', async () => {
  const box = sandbox();
  const failed = await box.ci([], { env: { NPM_FAILS: '1' } });
  assert.equal([failed.exitCode, failed.stdout], [128, '']);
  assert.match(failed.stderr, /npm ci failed.*network/);
  assert.is((await box.ci()).exitCode, 125);
});

test('root installs missing packages without recommends and without questions', async () => {
  const box = sandbox('late-package  late-tool  a reason\nother  the-tool  there already');
  const result = await box.ci();
  assert.is(result.exitCode, 125, result.stderr);
  const apt = box.calls().filter((line) => line.startsWith('apt-get'));
  assert.is(apt.length, 2);
  assert.match(apt[0] ?? '', /update$/);
  assert.match(apt[1] ?? '', /install -y --no-install-recommends late-package$/);
  assert.not.match(result.stdout, 'noise');
});

test('a plain user gets the exact line and 129; with passwordless sudo it is done', async () => {
  const box = sandbox('late-package  late-tool  a reason\nmore  /no/such/header.h  another');
  const refused = await box.ci([], { env: { FAKE_UID: '1000' } });
  assert.equal([refused.exitCode, refused.stdout], [129, '']);
  assert.match(
    refused.stderr,
    /^ {4}sudo apt-get update && sudo apt-get install -y --no-install-recommends late-package more$/m,
  );
  assert.equal(box.calls(), []);
  script(join(box.bin, 'sudo'), 'shift; [ "$1" = true ] || "$@"');
  writeFileSync(join(box.root, 'debian-packages.txt'), 'late-package  late-tool  a reason\n');
  assert.is((await box.ci([], { env: { FAKE_UID: '1000' } })).exitCode, 125);
});

test('apt-get that fails is 128, as is a package that does not bring its proof', async () => {
  const box = sandbox('late-package  late-tool  a reason');
  const failed = await box.ci([], { env: { APT_FAILS: '1' } });
  assert.is(failed.exitCode, 128);
  assert.match(failed.stderr, /apt-get could not install.*network/);
  const other = await sandbox('late-package  never-tool  a reason').ci();
  assert.is(other.exitCode, 128);
  assert.match(other.stderr, 'still missing after apt-get install: late-package');
});

test('a dynamic program is no proof where a static one is wanted', async () => {
  const box = sandbox('shell-static  static:some-shell  a reason');
  symlinkSync('/bin/sh', join(box.bin, 'some-shell'));
  const result = await box.ci([], { env: { FAKE_UID: '1000' } });
  assert.is(result.exitCode, 129, result.stderr);
});

test('an old Node or none is 129', async () => {
  const box = sandbox();
  for (const [version, code] of [
    ['18.20.1', 129],
    ['20.19.9', 129],
    ['20.20.0', 0],
    ['24.1.0', 0],
  ] as const) {
    const fakes = scratchDir('node');
    script(join(fakes, 'node'), `echo ${version}`);
    const result = await run([join(box.root, 'ci'), '--setup-only'], {
      what: 'ci',
      deadlineMs: 9000,
      env: { PATH: `${fakes}:${box.bin}` },
    });
    assert.is(result.exitCode, code, `${version}: ${result.stderr}`);
    if (code === 129) assert.match(result.stderr, `Node.js ${version} is too old`);
  }
});

test('two at a time: one sets up, the other waits, both run', async () => {
  const box = sandbox();
  // The set-up takes long enough for the other to come while it is under way.
  const env = { FAKE_WORK: '0.2' };
  const both = await Promise.all([box.ci(['a'], { env }), box.ci(['b'], { env })]);
  assert.equal(
    both.map((result) => result.exitCode),
    [125, 125],
    both.map((result) => result.stderr).join(),
  );
  assert.equal(
    box.calls().map((line) => line.split(' ')[0]),
    ['npm', 'tsc'],
  );
});

test('codes of the shell itself do not get out', async () => {
  const box = sandbox();
  const fakes = scratchDir('node');
  await box.ci(['--setup-only']);
  // It tells its version and is gone when the launcher wants to become it: a shell would give 127.
  rmSync(join(box.bin, 'node'));
  script(join(fakes, 'node'), 'rm -- "$0"; echo 20.20.0');
  const path = `${fakes}:${box.bin}`;
  const gone = await run([join(box.root, 'ci')], { what: 'ci', deadlineMs: 9000, env: { PATH: path } });
  assert.is(gone.exitCode, 128, gone.stderr);
  symlinkSync(process.execPath, join(box.bin, 'node'));
  rmSync(join(box.root, 'debian-packages.txt'));
  const incomplete = await box.ci();
  assert.is(incomplete.exitCode, 128);
  assert.match(incomplete.stderr, 'debian-packages.txt is missing');
});

test('shellcheck has nothing to say about the shell scripts', async () => {
  const result = await run([tool('shellcheck'), 'ci', '.ci/run', 'tests/setup.sh'], {
    what: 'shellcheck',
    deadlineMs: 9000,
    cwd: projectRoot(),
  });
  assert.is(result.exitCode, 0, result.stdout);
});

for (const list of ['', 'tests/', 'tests/proof/'])
  test(`every line of ${list}debian-packages.txt has a name, a proof and a reason`, () => {
    const lines = readFileSync(join(projectRoot(), `${list}debian-packages.txt`), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(lines.length > (list === '' ? 5 : 1));
    for (const line of lines) assert.match(line, /^[a-z0-9.+-]+ +\S+ +\S.*$/);
  });

test.run();
