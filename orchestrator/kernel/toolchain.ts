import { run } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { which } from '../process/which.js';

/** What compiles the kernel. */
export interface Toolchain {
  /** First line of `CC --version`, as the kernel's Kconfig records it (CC_VERSION_TEXT). */
  readonly compiler: string;
  /** First line of the linker's `--version`. */
  readonly linker: string;
  /** The compiler command without ccache; may hold blanks. */
  readonly cc: string;
}

/** Debian packages that hold the programs a kernel build calls first. */
const PACKAGES: Readonly<Record<string, string>> = {
  gcc: 'gcc',
  clang: 'clang',
  'ld.lld': 'lld',
  ld: 'binutils',
};

export interface MakeOption {
  readonly name: string;
  readonly value: string;
}

/** Variables that decide where a build goes or what it is named; ours to set. */
const RESERVED = new Set(['O', 'M', 'KBUILD_OUTPUT', 'KBUILD_EXTMOD', 'KCONFIG_ALLCONFIG', 'KCONFIG_CONFIG']);

/** Checks `--make-option X=Y`. Throws CiError('usage'). */
export function parseMakeOptions(options: readonly string[]): MakeOption[] {
  return options.map((option) => {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(option) ?? [];
    if (name === undefined || value === undefined) {
      throw new CiError('usage', `not a make option: ${option}`, {
        remedy: 'Write NAME=VALUE, for example LLVM=1.',
      });
    }
    if (RESERVED.has(name)) {
      throw new CiError('usage', `the make option ${name} is set by the program itself`, {
        remedy: 'Leave it out; use --config for kernel options and --out for results.',
      });
    }
    if (name === 'ARCH' && value !== 'x86_64' && value !== 'x86') {
      throw new CiError('usage', `ARCH=${value}: guests run x86_64 only`, {
        remedy: 'Leave ARCH out; files of other architectures are listed as not compiled.',
      });
    }
    return { name, value };
  });
}

/** The compiler and linker commands that Makefile would pick for these options (Makefile: LLVM_PREFIX, LLVM_SUFFIX). */
export function toolNames(options: readonly MakeOption[]): { cc: string; ld: string } {
  const value = (name: string): string | undefined =>
    options.findLast((option) => option.name === name && option.value !== '')?.value;
  const llvm = value('LLVM');
  const cross = value('CROSS_COMPILE') ?? '';
  let tools = { cc: `${cross}gcc`, ld: `${cross}ld` };
  if (llvm !== undefined && llvm !== '0') {
    const prefix = llvm.endsWith('/') ? llvm : '';
    const suffix = llvm.startsWith('-') ? llvm : '';
    tools = { cc: `${prefix}clang${suffix}`, ld: `${prefix}ld.lld${suffix}` };
  }
  return { cc: value('CC') ?? tools.cc, ld: value('LD') ?? tools.ld };
}

async function firstVersionLine(command: string, signal: AbortSignal | undefined): Promise<string> {
  const [program = '', ...rest] = command.split(/\s+/);
  if (which(program) === undefined) {
    const packageName = PACKAGES[program] ?? /^(?:.*\/)?((?:clang|gcc)-\d+)$/.exec(program)?.[1];
    throw new CiError('usage', `\`${program}\` is not installed, but the make options ask for it`, {
      remedy:
        packageName === undefined
          ? 'Install it, or change --make-option.'
          : `Install it: apt-get install ${packageName}${packageName === 'clang' ? ' lld llvm' : ''}`,
    });
  }
  const result = await run([program, ...rest, '--version'], {
    what: `${program} --version`,
    deadlineMs: 20_000,
    env: { LC_ALL: 'C' },
    ...(signal === undefined ? {} : { signal }),
  });
  return result.stdout.split('\n')[0]?.trim() ?? '';
}

const known = new Map<string, Promise<Toolchain>>();

/** Looks at the compiler once per process. Throws CiError('usage') naming the package of a missing one. */
export async function findToolchain(
  options: readonly MakeOption[],
  signal?: AbortSignal,
): Promise<Toolchain> {
  const { cc, ld } = toolNames(options);
  const key = `${cc}\n${ld}`;
  let found = known.get(key);
  if (found === undefined) {
    found = (async () => ({
      compiler: await firstVersionLine(cc, signal),
      linker: await firstVersionLine(ld, signal),
      cc,
    }))();
    known.set(key, found);
    found.catch(() => known.delete(key));
  }
  return found;
}
