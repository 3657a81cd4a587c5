import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { run } from '../../../orchestrator/process/child.js';
import { publishDir, writeFileAtomic } from '../../../orchestrator/store/atomic.js';
import { hashFiles, sha256 } from '../../../orchestrator/store/hash.js';
import { thisProcess } from '../../../orchestrator/store/owner.js';
import { cacheDir, projectRoot } from '../../../orchestrator/store/paths.js';
import { deadTemps, reclaimDeadLocks, reclaimDeadTemps, tempDir } from '../../../orchestrator/store/temp.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('store');
const saved = { ...process.env };

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
});
test.after.each(() => {
  for (const name of ['CI_CACHE_DIR', 'XDG_CACHE_HOME']) {
    if (saved[name] === undefined) delete process.env[name];
    else process.env[name] = saved[name];
  }
});

test('cacheDir: the variable, then XDG, then ~/.cache; empty is unset', () => {
  process.env['CI_CACHE_DIR'] = '/x/y';
  process.env['XDG_CACHE_HOME'] = '/xdg';
  assert.is(cacheDir(), '/x/y');
  process.env['CI_CACHE_DIR'] = '';
  assert.is(cacheDir(), '/xdg/zone-device-ci');
  delete process.env['XDG_CACHE_HOME'];
  assert.is(cacheDir(), join(homedir(), '.cache', 'zone-device-ci'));
});

test('projectRoot holds our package.json', () => {
  assert.match(readFileSync(join(projectRoot(), 'package.json'), 'utf8'), '"name": "zone-device-ci"');
});

test('writeFileAtomic replaces whole, makes folders and leaves nothing beside', async () => {
  const folder = scratchDir();
  const path = join(folder, 'a', 'run.json');
  await writeFileAtomic(path, 'one');
  await writeFileAtomic(path, new Uint8Array([0x32]));
  assert.is(readFileSync(path, 'utf8'), '2');
  assert.equal(readdirSync(join(folder, 'a')), ['run.json']);
});

test('a full disk names the file system, what was written and the remedy; the old file stays', async () => {
  const folder = scratchDir();
  const mounted = join(folder, 'small');
  mkdirSync(mounted);
  const mount = await run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mounted], {
    what: 'mount',
    deadlineMs: 5000,
  });
  if (mount.exitCode !== 0) return;
  try {
    const path = join(mounted, 'run.json');
    await writeFileAtomic(path, 'old');
    const error = (await writeFileAtomic(path, 'x'.repeat(1 << 20)).catch((e: unknown) => e)) as CiError;
    assert.is(error.fault, 'infra');
    assert.match(error.message, `no space left on ${mounted} (tmpfs on tmpfs`);
    assert.match(error.message, 'while writing run.json');
    assert.match(error.details.remedy ?? '', 'ci doctor --clean');
    assert.is(readFileSync(path, 'utf8'), 'old');
    assert.equal(readdirSync(mounted), ['run.json']);
  } finally {
    await run(['umount', mounted], { what: 'umount', deadlineMs: 5000 });
  }
});

test('publishDir: the first one stays, the second is dropped', async () => {
  const folder = scratchDir();
  const final = join(folder, 'kernels', 'key');
  for (const name of ['first', 'second']) {
    const temporary = join(folder, name);
    mkdirSync(temporary);
    writeFileSync(join(temporary, 'name'), name);
    await publishDir(temporary, final);
    assert.not.ok(existsSync(temporary));
  }
  assert.is(readFileSync(join(final, 'name'), 'utf8'), 'first');
});

test('sha256 tells where one part ends and the next begins', () => {
  assert.is.not(sha256('ab', 'c'), sha256('a', 'bc'));
  assert.is.not(sha256('a'), sha256('a', ''));
  assert.is(sha256('ä'), sha256(Buffer.from('ä')));
  assert.match(sha256(), /^[0-9a-f]{64}$/);
});

test('hashFiles depends on names and contents, not on order or place', async () => {
  const made = (name: string, content: string): string => {
    const folder = scratchDir();
    writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'other'), 'o');
    return folder;
  };
  const one = made('a', 'x');
  const same = made('a', 'x');
  const hash = await hashFiles(['a', 'other'], one);
  assert.is(await hashFiles([join(same, 'other'), join(same, 'a')], same), hash);
  assert.is.not(await hashFiles(['a', 'other'], made('a', 'y')), hash);
  assert.is.not(await hashFiles(['b', 'other'], made('b', 'x')), hash);
  const error = (await hashFiles(['gone'], one).catch((e: unknown) => e)) as CiError;
  assert.is(error.fault, 'infra');
  assert.match(error.message, 'gone');
});

test('temporary folders of the dead are reclaimed, of the living never', async () => {
  const mine = tempDir('build');
  writeFileSync(join(mine, 'x'), 'x');
  const parent = join(cacheDir(), 'tmp');
  const dead = join(parent, '99-1');
  mkdirSync(join(dead, 'deep'), { recursive: true });
  writeFileSync(join(dead, 'owner.json'), JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1 }));
  mkdirSync(join(parent, 'being-made'));
  assert.equal(deadTemps(), [dead]);
  assert.equal(await reclaimDeadTemps(), [dead]);
  assert.not.ok(existsSync(dead));
  assert.ok(existsSync(join(mine, 'x')));
  assert.ok(existsSync(join(parent, 'being-made')));
});

test('temporary folders go when their process ends', async () => {
  const temp = JSON.stringify(new URL('../../../orchestrator/store/temp.js', import.meta.url).href);
  const script = join(scratchDir(), 'p.mjs');
  writeFileSync(script, `import { tempDir } from ${temp}; console.log(tempDir('a'), tempDir('a'));`);
  const result = await run([process.execPath, script], { what: 'node', deadlineMs: 5000 });
  const folders = result.stdout.trim().split(' ');
  assert.is(folders.length, 2, result.stderr);
  for (const folder of folders) assert.not.ok(existsSync(folder));
  assert.equal(readdirSync(join(cacheDir(), 'tmp')), []);
});

test('locks of the dead are reclaimed, of the living and in other files never', async () => {
  const folder = join(cacheDir(), 'builds', 'key');
  mkdirSync(folder, { recursive: true });
  const lock = (pid: number): string =>
    JSON.stringify({ owner: { ...thisProcess(), pid }, token: 't', what: 'w', since: 0 });
  writeFileSync(join(folder, 'lock'), lock(2 ** 22 + 1));
  writeFileSync(join(folder, 'alive.lock'), lock(process.pid));
  writeFileSync(join(folder, 'clock'), lock(2 ** 22 + 1));
  symlinkSync('/nowhere', join(folder, 'link'));
  assert.equal(await reclaimDeadLocks(), [join(folder, 'lock')]);
  assert.equal(readdirSync(folder).toSorted(), ['alive.lock', 'clock', 'link']);
});

test.run();
