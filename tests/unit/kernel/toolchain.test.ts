import * as assert from 'uvu/assert';
import { findToolchain, parseMakeOptions, toolNames } from '../../../orchestrator/kernel/toolchain.js';
import { ccWrapperText, makeArgv, makeEnvironment } from '../../../orchestrator/kernel/make.js';
import { buildDirAt } from '../../../orchestrator/kernel/build-dir.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/toolchain');

test('make options choose compiler and linker as the kernel Makefile does', () => {
  const names = (...options: string[]) => toolNames(parseMakeOptions(options));
  assert.equal(names(), { cc: 'gcc', ld: 'ld' });
  assert.equal(names('LLVM=1'), { cc: 'clang', ld: 'ld.lld' });
  assert.equal(names('LLVM=-17'), { cc: 'clang-17', ld: 'ld.lld-17' });
  assert.equal(names('LLVM=/opt/llvm/'), { cc: '/opt/llvm/clang', ld: '/opt/llvm/ld.lld' });
  assert.equal(names('LLVM=1', 'CC=gcc-13'), { cc: 'gcc-13', ld: 'ld.lld' });
  assert.equal(names('CROSS_COMPILE=x86_64-linux-gnu-'), {
    cc: 'x86_64-linux-gnu-gcc',
    ld: 'x86_64-linux-gnu-ld',
  });
});

test('what is not NAME=VALUE, or ours to set, is a usage error', () => {
  for (const option of ['LLVM', '=1', 'O=/elsewhere', 'KBUILD_OUTPUT=x', 'ARCH=arm64']) {
    assert.throws(
      () => parseMakeOptions([option]),
      (error: CiError) => error.fault === 'usage',
      option,
    );
  }
});

test('a compiler that is not installed is a usage error that names the package', async () => {
  try {
    await findToolchain(parseMakeOptions(['CC=clang-99']));
    assert.unreachable();
  } catch (error) {
    assert.is((error as CiError).fault, 'usage');
    assert.match((error as CiError).details.remedy ?? '', /apt-get install clang-99/);
  }
});

test('inherited build variables do not reach make; names and times are fixed', () => {
  const env = makeEnvironment(
    { PATH: '/bin', ARCH: 'arm64', KCFLAGS: '-g', MAKEFLAGS: '-n', GIT_DIR: '.git' },
    '/c',
  );
  for (const name of ['ARCH', 'KCFLAGS', 'MAKEFLAGS', 'GIT_DIR']) {
    assert.ok(name in env, name);
    assert.is(env[name], undefined, name);
  }
  assert.not('PATH' in env);
  assert.is(env['LOCALVERSION'], '');
  assert.is(env['KBUILD_BUILD_VERSION'], '1');
});

test('the wrapper keeps .incbin users away from ccache', () => {
  const text = ccWrapperText('gcc', true);
  assert.match(text, /\*\.S\\ \*.*exec gcc "\$@"/);
  assert.match(text, /exec ccache gcc "\$@"\n$/);
  assert.not.match(ccWrapperText('gcc', false), /ccache/);
});

test('argv: our CC, the rest of the options as given, then the targets', () => {
  const dir = buildDirAt('/b');
  const argv = makeArgv(dir, parseMakeOptions(['LLVM=1', 'CC=clang-17']), 3, ['vmlinux']);
  assert.equal(argv, ['make', '-C', '/b/src', 'O=/b/src/out', '-j3', 'CC=/b/cc', 'LLVM=1', 'vmlinux']);
});

test.run();
