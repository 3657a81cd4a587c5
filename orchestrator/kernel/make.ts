import { mkdir, writeFile, chmod, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run, type ChildResult } from '../process/child.js';
import { which } from '../process/which.js';
import { cacheDir } from '../store/paths.js';
import type { BuildDir } from './build-dir.js';
import type { MakeOption, Toolchain } from './toolchain.js';

export interface Make {
  readonly dir: BuildDir;
  readonly toolchain: Toolchain;
  readonly options: readonly MakeOption[];
  readonly logFile: string;
  /** Compilers at once; default: one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((text: string) => void) | undefined;
}

const MAKE_DEADLINE_MS = 3 * 60 * 60_000;
const PROGRESS_EVERY_MS = 250;

/** Inherited variables that would change what is built. */
const UNWANTED =
  /^(ARCH|SUBARCH|CROSS_COMPILE|LLVM|LLVM_IAS|CC|CPP|LD|AR|AS|NM|STRIP|OBJCOPY|OBJDUMP|READELF|HOSTCC|HOSTCXX|HOSTCFLAGS|CFLAGS|CPPFLAGS|LDFLAGS|O|M|V|W|C|LANGUAGE|MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES|GNUMAKEFLAGS|LOCALVERSION|INSTALL_\w+|GIT_\w+|K(CFLAGS|AFLAGS|CPPFLAGS|BUILD_\w+|CONFIG_\w+)|CCACHE_\w+|C_INCLUDE_PATH|CPATH|LIBRARY_PATH|GCC_\w+|SOURCE_DATE_EPOCH)$/;

/** Fixed, so that equal code gives equal images and ccache hits (Documentation/kbuild/reproducible-builds.rst). */
const FIXED: Readonly<Record<string, string>> = {
  // The kernel's Makefile unexports LC_ALL, so the others have to say it too.
  LC_ALL: 'C',
  LANG: 'C',
  LC_MESSAGES: 'C',
  LC_CTYPE: 'C',
  TZ: 'UTC',
  KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 1970',
  KBUILD_BUILD_USER: 'ci',
  KBUILD_BUILD_HOST: 'ci',
  KBUILD_BUILD_VERSION: '1',
  LOCALVERSION: '',
};

/** Environment of every make and compiler. Pure. */
export function makeEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  ccacheDir: string,
): Record<string, string | undefined> {
  const unwanted = Object.keys(inherited).filter((name) => UNWANTED.test(name));
  return {
    ...Object.fromEntries(unwanted.map((name) => [name, undefined])),
    ...FIXED,
    CCACHE_DIR: ccacheDir,
    CCACHE_MAXSIZE: '5G',
    CCACHE_COMPRESSLEVEL: '1',
    // kbuild always writes dependency files; with them a miss need not preprocess twice.
    CCACHE_DEPEND: '1',
    CCACHE_NOHASHDIR: '1',
    // Checked-out files are often younger than a second when they are compiled.
    CCACHE_SLOPPINESS: 'include_file_mtime,include_file_ctime,time_macros',
  };
}

/**
 * The command that make gets as CC. What pulls in a file by `.incbin` is compiled without ccache: in depend mode ccache
 * does not see that file and would give back an old object (tried with ccache 4.7).
 */
export function ccWrapperText(cc: string, withCcache: boolean): string {
  const plain = `#!/bin/sh\nexec ${cc} "$@"\n`;
  if (!withCcache || cc.includes('ccache')) return plain;
  return [
    '#!/bin/sh',
    'case " $* " in',
    `*.S\\ * | */configs.c\\ * | */kheaders.c\\ *) exec ${cc} "$@" ;;`,
    'esac',
    `exec ccache ${cc} "$@"`,
    '',
  ].join('\n');
}

/** Writes the wrapper if it is not what it should be. */
export async function prepareCompiler(dir: BuildDir, toolchain: Toolchain): Promise<void> {
  const text = ccWrapperText(toolchain.cc, which('ccache') !== undefined);
  await mkdir(dir.out, { recursive: true });
  const present = await readFile(dir.ccWrapper, 'utf8').catch(() => undefined);
  if (present === text) return;
  await writeFile(dir.ccWrapper, text);
  await chmod(dir.ccWrapper, 0o755);
}

/** argv of make in a build folder. Pure. `LLVM=1` and the like come from the user's options, CC from us. */
export function makeArgv(
  dir: BuildDir,
  options: readonly MakeOption[],
  jobs: number,
  targets: readonly string[],
): string[] {
  const own = options.filter((option) => option.name !== 'CC').map(({ name, value }) => `${name}=${value}`);
  return ['make', '-C', dir.src, `O=${dir.out}`, `-j${jobs}`, `CC=${dir.ccWrapper}`, ...own, ...targets];
}

/** Runs make; any exit code is the caller's business. Progress names the file and counts. */
export async function runMake(make: Make, targets: readonly string[], what: string): Promise<ChildResult> {
  let count = 0;
  let told = 0;
  const onLine = (line: string): void => {
    const [, verb, target] = /^ {2}([A-Z][A-Z0-9 ]*?(?: \[M\])?) {2,}(\S+)$/.exec(line) ?? [];
    if (verb === undefined || target === undefined) return;
    if (/^(CC|AS|LD)\b/.test(verb)) count += 1;
    const now = performance.now();
    if (now - told < PROGRESS_EVERY_MS) return;
    told = now;
    make.progress?.(`${verb} ${target} (${count})`);
  };
  return run(makeArgv(make.dir, make.options, make.jobs ?? availableParallelism(), targets), {
    what,
    deadlineMs: MAKE_DEADLINE_MS,
    env: makeEnvironment(process.env, join(cacheDir(), 'ccache')),
    logFile: make.logFile,
    onLine,
    pidNamespace: true,
    ...(make.signal === undefined ? {} : { signal: make.signal }),
  });
}
