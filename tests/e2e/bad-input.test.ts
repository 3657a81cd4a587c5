import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';

const test = suite('e2e: bad input', { timeoutMs: 180_000, fileTimeoutMs: 900_000 });

const dir = scratch('bad-input');
const file = (name: string, text: string): string => {
  const at = path.join(dir, name);
  writeFileSync(at, text);
  return at;
};
mkdirSync(path.join(dir, 'empty'));

const rows: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no such file', ['run', '/no/such.mbox'], /\/no\/such\.mbox/],
  ['a file that is no mbox', ['run', file('a.c', 'int main(void) { return 0; }\n')], /a\.c/],
  ['an empty file', ['run', file('empty.mbox', '')], /empty/],
  ['a directory without patches', ['run', path.join(dir, 'empty')], /patch/],
  [
    'an mbox of replies only',
    [
      'run',
      file(
        'reply.mbox',
        'From x Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: Re: [PATCH] x\nDate: Mon, 19 Jan 2026 06:00:05 +0000\n\n> diff --git a/x b/x\nLooks good.\n',
      ),
    ],
    /patch/,
  ],
  ['an option with a typo', ['run', '--suit', 'mixed-order'], /--suite/],
  ['a value that is none of the choices', ['run', '--accel', 'xen'], /auto.*kvm.*tcg/],
  ['a suite with a typo', ['run', '--suite', 'mixd-order'], /mixed-order/],
  ['a test that does not exist', ['run', '--suite', 'mixed-order', '--test', 'Z9'], /Z9/],
  ['a test and another test', ['run', '--test', 'A1', '--test', 'A2'], /given before, as A1/],
  ['a profile that does not exist', ['run', 'tests/series/reinit-lost.mbox', '--profile', 'dbug'], /dbug/],
  ['a tree that is no kernel', ['run', '--tree', dir], /kernel/i],
  ['a report of no run', ['report', 'no-such-run'], /no-such-run/],
  ['a run directory that is in use', ['run', 'tests/series/reinit-lost.mbox', '--out', dir], /not empty/],
];
for (const [name, argv, message] of rows) {
  test(`${name}: 129, and says what to do`, async () => {
    const result = await ci(argv);
    assert.is(result.code, 129, result.stderr);
    assert.match(result.stderr, message);
    assert.is(result.stdout, '');
    assert.not.match(result.stderr, /\n {4}at /, 'a stack is for bugs');
  });
}

test('an empty series on stdin: 129', async () => {
  const result = await ci(['run', '-'], { input: '' });
  assert.is(result.code, 129, result.stderr);
});

/** A folder with everything that PATH has but one program. */
function pathWithout(program: string): string {
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  for (const from of (process.env['PATH'] ?? '').split(':').filter((one) => existsSync(one))) {
    for (const name of readdirSync(from)) {
      if (name !== program && !existsSync(path.join(bin, name))) {
        rmSync(path.join(bin, name), { force: true });
        symlinkSync(path.join(from, name), path.join(bin, name));
      }
    }
  }
  return bin;
}

test('without QEMU: 128, and names the package', async () => {
  const result = await ci(['run', 'tests/series/reinit-lost.mbox'], {
    env: { PATH: pathWithout('qemu-system-x86_64') },
  });
  assert.is(result.code, 128, result.stderr);
  assert.match(result.stderr, /qemu-system-x86/);
});

/** A command line that runs another one where `small` is a file system of 24 MiB, which nobody else sees. */
function onSmallDisk(small: string): readonly string[] {
  // Who is not root may mount in a user namespace of his own.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const script = 'mount -t tmpfs -o size=24m tmpfs "$1" && shift && exec "$@"';
  return ['unshare', ...user, '--mount', 'sh', '-c', script, 'sh', small];
}

test('a cache on a disk that is full: 128, names it, and says what to do', async () => {
  const small = path.join(dir, 'small');
  mkdirSync(small);
  const result = await ci(['run', 'tests/series/reinit-lost.mbox'], {
    env: { CI_CACHE_DIR: small },
    within: onSmallDisk(small),
  });
  assert.is(result.code, 128, result.stderr);
  assert.match(result.stderr, /no space left|disk is full/i);
  assert.match(result.stderr, /doctor --clean|CI_CACHE_DIR/);
});

test('help and version are no errors', async () => {
  for (const argv of [['--help'], ['run', '--help'], ['--version']]) {
    const result = await ci(argv);
    assert.is(result.code, 0, result.stderr);
    assert.ok(result.stdout.length > 0);
  }
});

test.run();
