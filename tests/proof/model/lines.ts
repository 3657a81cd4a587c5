import { git } from '../../../orchestrator/kernel/git.js';

/** Lines `oldStart…` of a file were replaced by lines `newStart…`; a count may be 0. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
}

/** Hunks of `git diff -U0`, by file. */
export function parseHunks(diff: string): Map<string, Hunk[]> {
  const files = new Map<string, Hunk[]>();
  let hunks: Hunk[] = [];
  for (const line of diff.split('\n')) {
    const file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1];
    if (file !== undefined) files.set(file, (hunks = []));
    const [, oldStart, oldCount = '1', newStart, newCount = '1'] =
      /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (oldStart === undefined || newStart === undefined) continue;
    hunks.push({
      oldStart: Number(oldStart),
      oldCount: Number(oldCount),
      newStart: Number(newStart),
      newCount: Number(newCount),
    });
  }
  return files;
}

/**
 * The line of the old file that a line of the new file is: by the shift of the hunks before it, or, where it is one of a
 * hunk, the only old line with the same text. Undefined where there is none.
 */
export function oldLine(
  line: number,
  hunks: readonly Hunk[],
  before: string,
  after: string,
): number | undefined {
  let shift = 0;
  for (const hunk of hunks) {
    // Without new lines, git names the line before.
    if (line < hunk.newStart + (hunk.newCount === 0 ? 1 : 0)) break;
    if (line < hunk.newStart + hunk.newCount) return sameText(line, before, after);
    shift += hunk.oldCount - hunk.newCount;
  }
  return line + shift;
}

function sameText(line: number, before: string, after: string): number | undefined {
  const text = after.split('\n')[line - 1]?.trim();
  const found = before.split('\n').flatMap((one, index) => (one.trim() === text ? [index + 1] : []));
  return text !== undefined && text !== '' && found.length === 1 ? found[0] : undefined;
}

/** The function whose body holds a line of kernel C: the last line before it that begins one at the left margin. */
export function functionAt(line: number, source: string): string | undefined {
  const before = source.split('\n').slice(0, line).toReversed();
  const head = before.find((text) => /^[a-z_][^;=]*\b\w+\([^;]*$/i.test(text));
  return head === undefined ? undefined : /(\w+)\(/.exec(head)?.[1];
}

/** Where things are in the source of a kernel. The model knows the lines of 7.3; a patch moves them. */
export interface Lines {
  /** `file:line` of the kernel under test as 7.3 has it. */
  readonly nameOf: (line: string) => string;
  /** The function of 7.3 that `file:line` is in. */
  readonly functionOf: (line: string) => Promise<string | undefined>;
}

/** @param base, tree tree-ishes of the unpatched and the patched kernel */
export async function kernelLines(
  gitDir: string,
  base: string,
  tree: string,
  signal: AbortSignal,
): Promise<Lines> {
  const show = (of: string, file: string): Promise<string> =>
    git({ gitDir }, ['show', `${of}:${file}`], { signal });
  const diff = await git({ gitDir }, ['diff', '-U0', '--no-color', '--no-ext-diff', base, tree], { signal });
  const files = new Map<string, (line: number) => number | undefined>();
  for (const [file, hunks] of parseHunks(diff)) {
    const [before, after] = [await show(base, file), await show(tree, file)];
    files.set(file, (line) => oldLine(line, hunks, before, after));
  }
  return {
    nameOf: (name) => {
      const { file, line } = parse(name);
      const toOld = files.get(file);
      if (toOld === undefined || line === undefined) return name;
      const old = toOld(line);
      return old === undefined ? `${name} of the patched file` : `${file}:${old}`;
    },
    functionOf: async (name) => {
      const { file, line } = parse(name);
      return line === undefined ? undefined : functionAt(line, await show(base, file));
    },
  };
}

function parse(name: string): { readonly file: string; readonly line?: number } {
  const [, file, line] = /^(.*):(\d+)$/.exec(name) ?? [];
  return file === undefined ? { file: name } : { file, line: Number(line) };
}
