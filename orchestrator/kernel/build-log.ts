import { CiError } from '../process/errors.js';

/** Why a build ended, as far as its output tells. */
export type BuildFailure =
  | { readonly kind: 'killed'; readonly line: string }
  | { readonly kind: 'disk-full'; readonly line: string }
  | { readonly kind: 'not-clean'; readonly line: string }
  /** The tree refuses the compiler, linker or assembler; `versions`: what there is and what is needed. */
  | { readonly kind: 'too-old'; readonly line: string; readonly versions: string }
  | { readonly kind: 'error'; readonly line: string; readonly context: string }
  | { readonly kind: 'unknown'; readonly context: string };

const KILLED = /fatal error: Killed signal|: Killed$|\bKilled\b.*\bcc1\b|Error 137\b/;
const DISK_FULL = /No space left on device|Disk quota exceeded/;
const NOT_CLEAN = /source tree is not clean/;
/** scripts/cc-version.sh, ld-version.sh, as-version.sh: a line of the verdict, then two of versions. */
const TOO_OLD = /^\*\*\* (.+ is too old)\.$/;
/** In order: what a compiler says, the linker, modpost, objtool and kconfig, and make itself. */
const ERRORS: readonly RegExp[] = [
  /^\S+:\d+(?::\d+)?: (?:fatal )?error: /,
  /(?:undefined reference to|multiple definition of) /,
  /^ERROR: modpost: /,
  /^(?:\S*ld(?:\.\w+)?|\S*as|\S*gcc|\S*clang|collect2|cc1)(?:-\d+)?: (?:error: |fatal error: |cannot )/,
  /^\S+:\d+: (?:Error: |\*\*\* )/,
  /\berror: /i,
  /^make(?:\[\d+\])?: \*\*\* (?!\[.*Error \d+$)(?!Waiting for)/,
  /^make(?:\[\d+\])?: \*\*\* \[/,
];

/** Paths as the tree has them: builds run in `out` below the source, so the compiler says ../mm/memremap.c. */
export function treePath(text: string, sourceDir?: string): string {
  const relative = sourceDir === undefined ? text : text.replaceAll(`${sourceDir}/`, '');
  return relative.replaceAll(/(^|[\s(])\.\.\/(?=[\w.-])/g, '$1');
}

/** What a build said, the errors first: the two streams come apart, and make's chatter is on the other one. */
export function buildOutput(result: { readonly stdout: string; readonly stderr: string }): string {
  return `${result.stderr}\n${result.stdout}`;
}

/** Finds the first error of a failed build in its output. */
export function findBuildFailure(output: string, sourceDir?: string): BuildFailure {
  const lines = output.split('\n').map((line) => treePath(line.trimEnd(), sourceDir));
  const first = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
  const disk = first(DISK_FULL);
  if (disk >= 0) return { kind: 'disk-full', line: lines[disk] ?? '' };
  const killed = first(KILLED);
  if (killed >= 0) return { kind: 'killed', line: lines[killed] ?? '' };
  const notClean = first(NOT_CLEAN);
  if (notClean >= 0) return { kind: 'not-clean', line: lines[notClean] ?? '' };
  const old = first(TOO_OLD);
  if (old >= 0) {
    const versions = lines
      .slice(old + 1, old + 3)
      .map((line) => line.replace(/^\*+\s*/, '').replace(/:\s+/, ' '));
    return {
      kind: 'too-old',
      line: TOO_OLD.exec(lines[old] ?? '')?.[1] ?? '',
      versions: versions.join(', '),
    };
  }
  for (const pattern of ERRORS) {
    const at = first(pattern);
    if (at < 0) continue;
    const around = lines.slice(Math.max(0, at - 3), at + 9);
    const context = around.filter(
      (line, index) => index === at - Math.max(0, at - 3) || !/^make(\[|:)/.test(line),
    );
    return { kind: 'error', line: (lines[at] ?? '').trim(), context: context.join('\n') };
  }
  return {
    kind: 'unknown',
    context: lines
      .filter((line) => line !== '')
      .slice(-15)
      .join('\n'),
  };
}

/** The error a failed build is reported with. `what`: "the kernel", "the kernel configuration". */
export function buildError(failure: BuildFailure, what: string, logFile: string): CiError {
  switch (failure.kind) {
    case 'killed':
      return new CiError('infra', `a compiler was killed while building ${what}: ${failure.line}`, {
        where: logFile,
        remedy: 'Most likely the machine ran out of memory: close other programs or build with fewer jobs.',
      });
    case 'disk-full':
      return new CiError('infra', `the disk is full, building ${what}: ${failure.line}`, {
        where: logFile,
        remedy: 'Free some space: `ci doctor --clean` removes caches and leftovers of dead runs.',
      });
    case 'not-clean':
      return new CiError(
        'build',
        `${what} has build output inside its source tree, so make refuses a separate output folder`,
        {
          where: logFile,
          remedy: 'Run `make mrproper` in the tree, or take .config and generated files out of it.',
        },
      );
    case 'too-old':
      return new CiError('usage', `the ${failure.line} for this kernel: ${failure.versions}`, {
        where: logFile,
        remedy:
          'Choose another with --make-option, for example CC=gcc-12, or LLVM=-19 for clang-19, ld.lld-19 and the rest.',
      });
    case 'error':
      return new CiError('build', `${what} does not compile: ${failure.line}`, {
        where: logFile,
        detail: failure.context,
      });
    case 'unknown':
      return new CiError('build', `${what} does not build`, { where: logFile, detail: failure.context });
  }
}
