import { bashCompletion } from './completion-bash.js';
import { flatten } from './command-tree.js';
import type { CommandNode, OptionNode, ValueKind } from './command-tree.js';

/** For zsh, which reads bash's completions once it is told to. */
export function zshCompletion(tree: CommandNode, root: string): string {
  return `# Completion of ci for zsh, made by \`ci completion zsh\`.
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(tree, root)}`;
}

/** For fish, in fish's own words. */
export function fishCompletion(tree: CommandNode, root: string): string {
  const lines = flatten(tree).flatMap((node) => [
    ...node.commands.map(
      (sub) =>
        `complete -c ci -f -n ${condition(node)} -a ${fishQuoted(sub.path.at(-1) ?? '')} -d ${fishQuoted(sub.description)}`,
    ),
    ...node.options.map((option) => optionLine(node, option, root)),
    ...node.arguments.map(
      (argument) => `complete -c ci -n ${condition(node)} ${fill(argument.values, root) || '-F'}`,
    ),
  ]);
  return `# Completion of ci for fish, made by \`ci completion fish\`.
${lines.join('\n')}
`;
}

/** Quoted for fish, in whose single quotes a backslash escapes itself and the quote. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** That the words so far are those of a command, and none of its own commands was named yet. */
function condition(node: CommandNode): string {
  const seen = node.path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = node.commands.map(({ path }) => path.at(-1) ?? '');
  const open = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : [];
  return fishQuoted([...seen, ...open].join('; and '));
}

function optionLine(node: CommandNode, option: OptionNode, root: string): string {
  const { long, short, value, values, description } = option;
  const names = [`-l ${long.replace(/^--/, '')}`, ...(short === undefined ? [] : [`-s ${short.slice(1)}`])];
  const takes = value === undefined ? '-f' : `-r ${fill(values, root)}`.trim();
  return `complete -c ci -n ${condition(node)} ${names.join(' ')} ${takes} -d ${fishQuoted(description)}`;
}

function fill(values: ValueKind, root: string): string {
  switch (values.kind) {
    case 'choices':
      return `-f -a ${fishQuoted(values.choices.join(' '))}`;
    case 'names':
      return `-f -a ${fishQuoted(`(for f in ${fishQuoted(root)}/${values.folder}/*; string replace -r '\\.[^.]*$' '' (path basename $f); end)`)}`;
    case 'directory':
      return `-f -a '(__fish_complete_directories)'`;
    case 'file':
    case 'none':
      return '';
  }
}
