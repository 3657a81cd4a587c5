import * as assert from 'uvu/assert';
import { buildError, findBuildFailure } from '../../../orchestrator/kernel/build-log.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/build-log');

const COMPILE = `  CC      mm/memremap.o
In file included from ../include/linux/mm.h:7,
                 from ../mm/memremap.c:5:
../mm/memremap.c: In function 'zone_device_page_init':
../mm/memremap.c:489:9: error: implicit declaration of function 'nonsense' [-Werror=implicit-function-declaration]
  489 |         nonsense(page);
      |         ^~~~~~~~
make[4]: *** [../scripts/Makefile.build:289: mm/memremap.o] Error 1
make[3]: *** [../scripts/Makefile.build:546: mm] Error 2
make: *** [Makefile:248: __sub-make] Error 2
`;

test('the first compiler error, with the path as the tree has it and the lines around', () => {
  const failure = findBuildFailure(COMPILE);
  assert.is(failure.kind, 'error');
  if (failure.kind !== 'error') return;
  assert.match(failure.line, /^mm\/memremap\.c:489:9: error: implicit declaration/);
  assert.match(failure.context, /In function[^]*nonsense\(page\)/);
  const error = buildError(failure, 'the kernel', 'build.log');
  assert.is(error.fault, 'build');
  assert.match(error.message, /^the kernel does not compile: mm\/memremap\.c:489/);
});

test('absolute paths of the source folder are cut', () => {
  const failure = findBuildFailure('/c/b/src/lib/x.c:1:2: fatal error: y.h: No such file\n', '/c/b/src');
  assert.is(failure.kind === 'error' && failure.line, 'lib/x.c:1:2: fatal error: y.h: No such file');
});

const cases: [string, string, string, RegExp][] = [
  [
    'killed compiler',
    'gcc: fatal error: Killed signal terminated program cc1\nmm/x.c:1:1: error: x\n',
    'infra',
    /killed/,
  ],
  [
    'killed by the shell',
    '/bin/sh: line 1: 4711 Killed   gcc -c x.c\nmake: *** [x.o] Error 137\n',
    'infra',
    /killed/,
  ],
  [
    'full disk',
    'x.c:1:1: error: x\n/tmp/ccX.s: fatal error: No space left on device\n',
    'infra',
    /disk is full/,
  ],
  [
    'unclean tree',
    "***\n*** The source tree is not clean, please run 'make mrproper'\n",
    'build',
    /build output inside/,
  ],
  [
    'linker',
    "ld: mm/memremap.o: in function `f':\nmemremap.c:(.text+0x1): undefined reference to `nonsense'\n",
    'build',
    /undefined reference/,
  ],
  [
    'modpost',
    'ERROR: modpost: "x" [lib/test_hmm.ko] undefined!\nmake[2]: *** [x] Error 1\n',
    'build',
    /modpost/,
  ],
  [
    'missing rule',
    "make[3]: *** No rule to make target 'mm/gone.o', needed by 'mm/built-in.a'.  Stop.\n",
    'build',
    /No rule/,
  ],
  ['missing separator', 'mm/Makefile:3: *** missing separator.  Stop.\n', 'build', /missing separator/],
  [
    'old compiler',
    '***\n*** C compiler is too old.\n***   Your Clang version:    14.0.6\n***   Minimum Clang version: 17.0.1\n***\n' +
      'scripts/Kconfig.include:45: Sorry, this C compiler is not supported.\nmake: *** [Makefile:260: __sub-make] Error 2\n',
    'usage',
    /C compiler is too old for this kernel: Your Clang version 14\.0\.6, Minimum Clang version 17\.0\.1/,
  ],
  ['nothing known', 'hm\n', 'build', /does not build/],
];
for (const [name, log, fault, message] of cases) {
  test(`${name}: ${fault}`, () => {
    const error = buildError(findBuildFailure(log), 'the kernel', 'build.log');
    assert.is(error.fault, fault);
    assert.match(error.message, message);
  });
}

test.run();
