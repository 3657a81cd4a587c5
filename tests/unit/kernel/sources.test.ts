import * as assert from 'uvu/assert';
import { notCompiled } from '../../../orchestrator/kernel/not-compiled.js';
import { filesOfCmd, treeFilesOfDeps } from '../../../orchestrator/kernel/sources.js';
import { sharedSources } from '../../../orchestrator/kernel/hmm-tests.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/sources');

const CMD = `savedcmd_mm/memremap.o := gcc -c -o mm/memremap.o ../mm/memremap.c

source_mm/memremap.o := ../mm/memremap.c

deps_mm/memremap.o := \\
    $(wildcard include/config/DEV_PAGEMAP_OPS) \\
  ../include/linux/memremap.h \\
  ../arch/x86/include/asm/../../lib/x.h \\
  include/generated/autoconf.h \\
  /usr/lib/gcc/x86_64-linux-gnu/12/include/stdarg.h \\

mm/memremap.o: $(deps_mm/memremap.o)
`;

test("files of the tree out of a .cmd: neither generated ones nor the compiler's", () => {
  assert.equal(filesOfCmd(CMD, '/b/src/out', '/b/src'), [
    'mm/memremap.c',
    'include/linux/memremap.h',
    'arch/x86/lib/x.h',
  ]);
});

test('files of the tree out of gcc -M', () => {
  const deps =
    'hmm-tests.o: hmm-tests.c ../kselftest.h \\\n /b/src/lib/test_hmm_uapi.h /usr/include/stdio.h \\\n ../../../../out/usr/include/linux/x.h\n';
  assert.equal(treeFilesOfDeps(deps, '/b/src/tools/testing/selftests/mm', '/b/src'), [
    'lib/test_hmm_uapi.h',
    'tools/testing/selftests/kselftest.h',
    'tools/testing/selftests/mm/hmm-tests.c',
  ]);
});

test('what hmm-tests is linked with', () => {
  const makefile =
    'TEST_GEN_FILES += cow\n$(TEST_GEN_PROGS): vm_util.c thp_settings.c\n$(TEST_GEN_FILES): vm_util.c \\\n\tthp_settings.c\n$(OUTPUT)/x: y.c\n';
  assert.equal(sharedSources(makefile), ['vm_util.c', 'thp_settings.c']);
});

test('changed files that the build never read', () => {
  const sources = new Set(['mm/memremap.c', 'mm/Makefile']);
  assert.equal(notCompiled(['mm/memremap.c', 'drivers/gpu/drm/xe/xe_svm.c'], { sources }), [
    'drivers/gpu/drm/xe/xe_svm.c',
  ]);
});

test.run();
