import type { Command } from 'commander';
import type { KnownNames } from './known-names.js';

/** What stands for a value on the command line, as far as it can be completed. */
export type ValueKind =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  /** Names of the entries of a folder of the project, without their extension. */
  | { readonly kind: 'names'; readonly folder: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'file' }
  | { readonly kind: 'none' };

export interface OptionNode {
  readonly long: string;
  readonly short?: string;
  /** `<dir>`; absent for a switch. */
  readonly value?: string;
  readonly values: ValueKind;
  readonly description: string;
  /** As the help shows it. */
  readonly default?: string;
}

export interface ArgumentNode {
  readonly name: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly values: ValueKind;
  readonly description: string;
}

export interface CommandNode {
  /** Words from the program on: `['model', 'run']`; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
}

/** Where the names are that an option or argument takes. */
const FOLDERS: Readonly<Record<string, string>> = {
  suite: 'tests/suites',
  run: 'results/runs',
  runs: 'results/runs',
  other: 'results/runs',
  machine: 'guests/machines',
  names: 'tests/mutants',
  baseline: 'results/baselines',
  scenario: 'tests/scenarios',
};

/**
 * The commands of a program with everything that its help says, as data: completion and manual page are made from it.
 * @param names what options and arguments of these names take, beside what is in folders
 */
export function commandTree(
  command: Command,
  names: KnownNames = {},
  path: readonly string[] = [],
): CommandNode {
  const help = {
    long: '--help',
    short: '-h',
    values: { kind: 'none' },
    description: 'show the help',
  } as const;
  return {
    path,
    description: command.description(),
    options: [
      ...command.options
        .filter(({ hidden }) => !hidden)
        .map((option): OptionNode => {
          const long = option.long ?? option.short ?? '';
          const value = /[<[].*/.exec(option.flags)?.[0];
          const shown: unknown = option.defaultValue;
          return {
            long,
            ...(option.short === undefined ? {} : { short: option.short }),
            ...(value === undefined ? {} : { value }),
            values:
              value === undefined
                ? { kind: 'none' }
                : kindOf(long.slice(2), value, option.argChoices ?? names[long.slice(2)]),
            description: option.description,
            ...(typeof shown === 'string' || typeof shown === 'number' ? { default: String(shown) } : {}),
          };
        }),
      help,
    ],
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      required: argument.required,
      variadic: argument.variadic,
      values: kindOf(argument.name(), `<${argument.name()}>`, argument.argChoices ?? names[argument.name()]),
      description: argument.description,
    })),
    commands: command.commands
      .filter((sub) => sub.name() !== 'help')
      .map((sub) => commandTree(sub, names, [...path, sub.name()])),
  };
}

function kindOf(name: string, value: string, choices: readonly string[] | undefined): ValueKind {
  if (choices !== undefined) return { kind: 'choices', choices };
  const folder = FOLDERS[name];
  if (folder !== undefined) return { kind: 'names', folder };
  if (/<dir>/.test(value)) return { kind: 'directory' };
  return /<(?:file|fragment|series)>/.test(value) || name === 'series' ? { kind: 'file' } : { kind: 'none' };
}

/** The node and all below it, parents first. */
export function flatten(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}
