import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/child.js';
import { sha256 } from '../store/hash.js';
import { cacheDir } from '../store/paths.js';
import { buildOutput, findBuildFailure, treePath } from './build-log.js';
import { git } from './git.js';
import { makeEnvironment, runMake, type Make } from './make.js';
import { treeFilesOfDeps } from './sources.js';

const SELFTEST = 'tools/testing/selftests/mm';

/** All that the test program can be made from. */
const INPUTS = [
  `${SELFTEST}/`,
  'tools/testing/selftests/*.h',
  'tools/include/',
  'lib/test_hmm_uapi.h',
  'mm/gup_test.h',
  'include/uapi/',
  'arch/x86/include/uapi/',
  'usr/',
  'scripts/headers_install.sh',
];

/**
 * The C files that are linked into each test program, from the selftests' Makefile:
 * `$(TEST_GEN_FILES): vm_util.c thp_settings.c`. Pure.
 */
export function sharedSources(makefile: string): string[] {
  const found = new Set<string>();
  for (const line of makefile.replaceAll('\\\n', ' ').split('\n')) {
    const [, list] = /^\$\(TEST_GEN_(?:FILES|PROGS)\):\s*(.*)$/.exec(line) ?? [];
    for (const word of list?.split(/\s+/) ?? []) if (/^[\w-]+\.c$/.test(word)) found.add(word);
  }
  return [...found];
}

export interface HmmTests {
  readonly file?: string;
  /** First error line, where it does not compile. */
  readonly error?: string;
  /** Files of the tree that went in. */
  readonly sources: readonly string[];
}

async function inputsHash(make: Make, gitDir: string, tree: string): Promise<string | undefined> {
  const listed = await git(
    { gitDir },
    ['ls-tree', '-r', tree, '--', ...INPUTS.filter((path) => !path.includes('*'))],
    {
      signal: make.signal,
    },
  );
  const headers = await git({ gitDir }, ['ls-tree', tree, 'tools/testing/selftests/'], {
    signal: make.signal,
  });
  if (!listed.includes(`\t${SELFTEST}/hmm-tests.c\n`)) return undefined;
  return sha256(listed, headers, make.toolchain.compiler);
}

async function compile(make: Make, output: string): Promise<Omit<HmmTests, 'file'>> {
  const { src, out } = make.dir;
  const headers = await runMake(make, ['headers'], 'make headers');
  if (headers.exitCode !== 0) {
    const failure = findBuildFailure(buildOutput(headers), src);
    return { error: 'line' in failure ? failure.line : 'make headers failed', sources: [] };
  }
  const dir = join(src, SELFTEST);
  const makefile = await readFile(join(dir, 'Makefile'), 'utf8').catch(() => '');
  const shared = sharedSources(makefile).filter((name) => existsSync(join(dir, name)));
  const objects = ['hmm-tests.c', ...shared].map((name) => join(dir, name));
  const flags = ['-O2', '-w', '-static', '-U_FORTIFY_SOURCE', '-D_GNU_SOURCE=', `-DTEST_DIR="${SELFTEST}"`];
  const include = [`-I${src}`, `-I${join(src, 'tools/testing/selftests')}`];
  const system = ['-isystem', join(out, 'usr/include'), '-isystem', join(src, 'tools/include/uapi')];
  const deps = `${output}.d`;
  const compiler = make.toolchain.cc.split(/\s+/);
  // -MD with several sources would overwrite one file: the preprocessor is asked for the list separately.
  const argv = [
    ...compiler,
    ...flags,
    ...include,
    ...system,
    ...objects,
    '-o',
    output,
    '-lrt',
    '-lpthread',
    '-lm',
  ];
  const options = {
    deadlineMs: 300_000,
    cwd: dir,
    env: makeEnvironment(process.env, join(cacheDir(), 'ccache')),
    logFile: make.logFile,
    ...(make.signal === undefined ? {} : { signal: make.signal }),
  };
  const result = await run(argv, { ...options, what: 'the compiler for hmm-tests' });
  if (result.exitCode !== 0) {
    const failure = findBuildFailure(buildOutput(result), src);
    return { error: 'line' in failure ? treePath(failure.line, src) : failure.context, sources: [] };
  }
  const listed = await run([...compiler, ...flags, ...include, ...system, '-M', ...objects], {
    ...options,
    what: 'the list of files hmm-tests is made from',
    maxBufferBytes: 16 * 2 ** 20,
  });
  await rm(deps, { force: true });
  return { sources: treeFilesOfDeps(listed.stdout, dir, src) };
}

/**
 * Upstream's hmm-tests as a static program, from the tree that is checked out in the build folder; kept in the cache by
 * the content of all it can be made from. A tree that has none gives neither file nor error.
 */
export async function buildHmmTests(make: Make, gitDir: string, tree: string): Promise<HmmTests> {
  const hash = await inputsHash(make, gitDir, tree);
  if (hash === undefined) return { sources: [] };
  const dir = join(cacheDir(), 'hmm-tests', hash.slice(0, 24));
  const file = join(dir, 'hmm-tests');
  const list = join(dir, 'sources.txt');
  if (existsSync(list) && existsSync(file)) {
    return { file, sources: (await readFile(list, 'utf8')).split('\n').filter((line) => line !== '') };
  }
  make.progress?.('hmm-tests');
  await mkdir(dir, { recursive: true });
  const temporary = join(make.dir.dir, 'hmm-tests.tmp');
  const built = await compile(make, temporary);
  if (built.error !== undefined) return built;
  const staged = join(dir, `hmm-tests.${process.pid}`);
  await copyFile(temporary, staged);
  await writeFile(list, `${built.sources.join('\n')}\n`);
  await rename(staged, file);
  await rm(temporary, { force: true });
  return { file, sources: built.sources };
}
