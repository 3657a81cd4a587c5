import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readFileSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fastImportStream, importPath } from '../../../orchestrator/kernel/fast-import.js';
import { importSource } from '../../../orchestrator/kernel/import-source.js';
import { pickStored, sourceDir, storedSources } from '../../../orchestrator/kernel/source-store.js';
import { readTar, type TarEntry } from '../../../orchestrator/kernel/tar-stream.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/import-source', { timeoutMs: 30_000 });
const dir = scratchDir('import');
const LONG = `deep/${'long-name-'.repeat(8)}/${'x'.repeat(60)}.c`;

function makeTree(): string {
  const top = join(dir, 'linux-source-9.9');
  const files: [string, string][] = [
    ['Makefile', 'VERSION = 9\nPATCHLEVEL = 9\nSUBLEVEL = 1\nEXTRAVERSION =\n'],
    ['include/linux/memremap.h', 'void zone_device_folio_init(void);\n'],
    ['scripts/run.sh', '#!/bin/sh\n'],
    ['odd/with space "quoted".txt', 'x'],
    ['empty', ''],
    ['.gitignore', '*.o\nodd\n'],
    ['big.bin', 'z'.repeat(100_000)],
    [LONG, 'long\n'],
  ];
  for (const [path, text] of files) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), text);
  }
  chmodSync(join(top, 'scripts/run.sh'), 0o755);
  symlinkSync('../Makefile', join(top, 'odd', 'link'));
  return top;
}

const top = makeTree();
const tarOf = (format: string): string => {
  const file = join(dir, `${format}.tar`);
  execFileSync('tar', [
    '-C',
    dir,
    `--format=${format}`,
    '--mtime=2026-01-02 03:04:05Z',
    '-cf',
    file,
    'linux-source-9.9',
  ]);
  return file;
};
/** The tree as git itself adds it, ignore rules aside. */
const expectedTree = (): string => {
  const env = { ...process.env, GIT_DIR: join(dir, 'expected.git') };
  execFileSync('git', ['init', '-q', '--bare', env.GIT_DIR]);
  execFileSync('git', ['--work-tree', top, 'add', '-f', '-A'], { env, cwd: top });
  return execFileSync('git', ['write-tree'], { env }).toString().trim();
};

async function collect(file: string, highWaterMark: number): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  for await (const entry of readTar(createReadStream(file, { highWaterMark }) as AsyncIterable<Buffer>))
    found.push(entry);
  return found;
}

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`reads ${format} archives in chunks of any size`, async () => {
    const small = await collect(tarOf(format), 700);
    const large = await collect(tarOf(format), 1 << 20);
    assert.equal(small, large);
    assert.is(small.find((entry) => entry.path === LONG)?.data.toString(), 'long\n');
    assert.is(small.find((entry) => entry.path === 'odd/link')?.type, 'link');
    assert.is(small.find((entry) => entry.path === 'scripts/run.sh')?.type, 'executable');
    assert.is(small.length, 9);
  });
}

test('an archive that is cut off is an error', async () => {
  const whole = readFileSync(tarOf('gnu'));
  const cut = join(dir, 'cut.tar');
  writeFileSync(cut, whole.subarray(0, whole.length - 60_000));
  let message = '';
  await collect(cut, 4096).catch((error: unknown) => (message = (error as Error).message));
  assert.match(message, /cut off/);
});

test('an archive without files is an error, not an empty kernel', async () => {
  const none = (async function* (): AsyncGenerator<TarEntry> {})();
  let message = '';
  try {
    for await (const part of fastImportStream(none, { message: 'm', tag: 't' }))
      assert.unreachable(String(part));
  } catch (error) {
    message = (error as Error).message;
  }
  assert.match(message, /empty/);
});

test('paths that fast-import would misread are quoted', () => {
  assert.is(importPath('a b.c'), 'a b.c');
  assert.is(importPath('"a'), '"\\"a"');
  assert.is(importPath('a\\b\nc'), '"a\\\\b\\nc"');
});

function makeDeb(payload: string): string {
  const root = join(dir, `deb-${payload}`);
  mkdirSync(join(root, 'DEBIAN'), { recursive: true });
  mkdirSync(join(root, 'usr/src'), { recursive: true });
  writeFileSync(
    join(root, 'DEBIAN/control'),
    'Package: linux-source-9.9\nVersion: 9.9.1-1\nArchitecture: all\nMaintainer: x <x@y>\nDescription: x\n',
  );
  const tar = join(root, 'usr/src/linux-source-9.9.tar.xz');
  if (payload === 'good') execFileSync('bash', ['-c', `xz -0 -c '${tarOf('gnu')}' > '${tar}'`]);
  else writeFileSync(tar, 'this is not xz');
  const deb = join(dir, `${payload}.deb`);
  execFileSync('dpkg-deb', ['-Znone', '-b', root, deb], { stdio: 'ignore' });
  return deb;
}
const entry = (version: string) => ({ name: 'linux-source-9.9', version, bytes: 0, suite: 'sid' });

test('a package becomes one commit with the very tree, the same one each time', async () => {
  process.env['CI_CACHE_DIR'] = join(dir, 'cache');
  const deb = makeDeb('good');
  const record = await importSource(deb, entry('9.9.1-1~exp1'), () => {});
  const gitDir = sourceDir('linux-source-9.9', '9.9.1-1~exp1');
  const git = (...args: string[]): string =>
    execFileSync('git', ['--git-dir', gitDir, ...args])
      .toString()
      .trim();
  assert.is(git('rev-parse', 'main^{tree}'), expectedTree());
  assert.is(git('rev-list', '--count', 'main'), '1');
  assert.is(git('rev-parse', `${record.tag}^{commit}`), record.head);
  assert.is(record.version, '9.9.1');
  assert.ok(record.hasFeature);
  assert.is(pickStored(await storedSources(), '9.9')?.head, record.head);

  process.env['CI_CACHE_DIR'] = join(dir, 'cache2');
  const again = await importSource(deb, entry('9.9.1-1~exp1'), () => {});
  assert.is(again.head, record.head);
});

test('a damaged package is an infra error and leaves nothing in the cache', async () => {
  process.env['CI_CACHE_DIR'] = join(dir, 'cache3');
  try {
    await importSource(makeDeb('bad'), entry('9.9.1-1'), () => {});
    assert.unreachable();
  } catch (error) {
    assert.is((error as CiError).fault, 'infra');
    assert.match((error as CiError).message, /cannot import linux-source-9\.9 9\.9\.1-1/);
  }
  assert.equal(await storedSources(), []);
});

test.run();
