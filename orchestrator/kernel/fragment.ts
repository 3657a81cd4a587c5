import { CiError } from '../process/errors.js';

/** One line of a kconfig fragment: an option wanted, with the place that wants it. */
export interface WantedOption {
  /** With the prefix: CONFIG_DEBUG_VM. */
  readonly name: string;
  /** y, m, n, a number, or a string with its quotes. */
  readonly value: string;
  readonly reason: string | undefined;
  /** A tree that cannot give the option is fine; for options that other kernel versions lack. */
  readonly optional: boolean;
  readonly file: string;
  readonly line: number;
}

const ASSIGNMENT = /^(CONFIG_\w+)=("(?:[^"\\]|\\.)*"|[^\s#]+)\s*(?:#\s*(.*))?$/;
const NOT_SET = /^#\s*(CONFIG_\w+) is not set$/;
const OPTIONAL = /^optional(?::\s*|$)/;

/**
 * Parses a fragment: `CONFIG_X=y # reason`, `CONFIG_X=y # optional: reason`, `# CONFIG_X is not set`, comments and
 * blank lines. Anything else is a CiError('usage') with file:line.
 */
export function parseFragment(text: string, file: string): WantedOption[] {
  const options: WantedOption[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const place = { file, line: index + 1 };
    const unset = NOT_SET.exec(line);
    if (unset?.[1] !== undefined) {
      options.push({ name: unset[1], value: 'n', reason: undefined, optional: false, ...place });
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value, comment] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new CiError('usage', `not a kconfig line: ${line}`, {
        where: `${file}:${place.line}`,
        remedy: 'Write `CONFIG_NAME=value`, optionally followed by ` # reason`.',
      });
    }
    const optional = OPTIONAL.test(comment ?? '');
    const reason = comment?.replace(OPTIONAL, '').trim();
    options.push({ name, value, reason: reason === '' ? undefined : reason, optional, ...place });
  }
  return options;
}

/** Later lines win; the order of first appearance is kept. */
export function mergeOptions(options: readonly WantedOption[]): WantedOption[] {
  const merged = new Map<string, WantedOption>();
  for (const option of options) merged.set(option.name, option);
  return [...merged.values()];
}

/** What `make allnoconfig` reads through KCONFIG_ALLCONFIG (scripts/kconfig/conf.c). */
export function renderOptions(options: readonly WantedOption[]): string {
  return options
    .map(({ name, value }) => (value === 'n' ? `# ${name} is not set\n` : `${name}=${value}\n`))
    .join('');
}

/** Values of a finished .config; options that are off are absent. */
export function parseDotConfig(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], match[2]);
  }
  return values;
}

/** Numbers may be written in another base: 0x10 and 16 are one value. */
function sameValue(wanted: string, found: string | undefined): boolean {
  if ((found ?? 'n') === wanted) return true;
  if (found === undefined || wanted.startsWith('"') || !/^(0x)?[\da-f]+$/i.test(wanted)) return false;
  return Number(wanted) === Number(found);
}

/** Wanted options that the finished config does not have as wanted. */
export function missingOptions(
  wanted: readonly WantedOption[],
  config: ReadonlyMap<string, string>,
): WantedOption[] {
  return wanted.filter((option) => !sameValue(option.value, config.get(option.name)));
}
