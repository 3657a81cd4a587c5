import { parseDotConfig } from './fragment.js';

/**
 * What one finished .config has otherwise than another, as lines of a fragment, by name: `CONFIG_X=y`,
 * `# CONFIG_Y is not set`.
 */
export function configDiff(before: string, after: string): string[] {
  return optionDiff(parseDotConfig(before), parseDotConfig(after));
}

/** The same for values by name; `n` and absent are one. */
export function optionDiff(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const of = (options: ReadonlyMap<string, string>, name: string): string => options.get(name) ?? 'n';
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => of(before, name) !== of(after, name))
    .toSorted()
    .map((name) => (of(after, name) === 'n' ? `# ${name} is not set` : `${name}=${of(after, name)}`));
}
