import { flatten } from './command-tree.js';
import type { CommandNode, OptionNode, ValueKind } from './command-tree.js';

/** Quoted for a shell, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const keyOf = (node: CommandNode): string => node.path.map((word) => `/${word}`).join('');
const spellings = ({ long, short }: OptionNode): string[] => [long, ...(short === undefined ? [] : [short])];

/**
 * The completion of `ci` for bash: commands, options, and what an option or argument takes.
 * @param root folder of the project, whose runs, suites and so on are names to choose from
 */
export function bashCompletion(tree: CommandNode, root: string): string {
  const nodes = flatten(tree);
  return `# Completion of ci for bash, made by \`ci completion bash\`.
_ci_root=${quoted(root)}

_ci_names() {
  local file
  for file in "$_ci_root/$1"/*; do
    file=\${file##*/}
    [[ $file == '*' ]] || printf '%s\\n' "\${file%.*}"
  done
}

_ci_fill() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_ci() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev='' at='' valued=' ' word place=0 i
  ((COMP_CWORD > 0)) && prev=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$at" in
${nodes.map(valuedCase).join('\n')}
    esac
    if [[ $word == -* ]]; then
      [[ $valued == *" $word "* ]] && ((i++))
      continue
    fi
    case "$at/$word" in
${nodes
  .filter(({ path }) => path.length > 0)
  .map((node) => `      ${quoted(keyOf(node))}) at=${quoted(keyOf(node))} ;;`)
  .join('\n')}
      *) ((place++)) ;;
    esac
  done
  case "$at $prev" in
${nodes.flatMap(optionCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$at" in
${nodes.map((node) => `      ${quoted(keyOf(node))}) _ci_fill ${words(node.options.flatMap(spellings))} "$cur" ;;`).join('\n')}
    esac
    return
  fi
  case "$at $place" in
${nodes.flatMap(argumentCases).join('\n')}
  esac
}

complete -o filenames -F _ci ci ./ci
`;
}

function words(all: readonly string[]): string {
  return `$${quoted(all.join('\n')).replaceAll('\n', '\\n')}`;
}

function valuedCase(node: CommandNode): string {
  const valued = node.options.filter(({ value }) => value !== undefined).flatMap(spellings);
  return `      ${quoted(keyOf(node))}) valued=${quoted(` ${valued.join(' ')} `)} ;;`;
}

function optionCases(node: CommandNode): string[] {
  return node.options
    .filter(({ value }) => value !== undefined)
    .map((option) => {
      const patterns = spellings(option).map((name) => quoted(`${keyOf(node)} ${name}`));
      return `    ${patterns.join(' | ')}) ${fill(option.values)}; return ;;`;
    });
}

function argumentCases(node: CommandNode): string[] {
  const at = keyOf(node);
  if (node.commands.length > 0)
    return [
      `    ${quoted(`${at} 0`)}) _ci_fill ${words(node.commands.map(({ path }) => path.at(-1) ?? ''))} "$cur" ;;`,
    ];
  return node.arguments.map((argument, i) => {
    const pattern = argument.variadic ? `${quoted(`${at} `)}*` : quoted(`${at} ${i}`);
    return `    ${pattern}) ${fill(argument.values)} ;;`;
  });
}

function fill(values: ValueKind): string {
  switch (values.kind) {
    case 'choices':
      return `_ci_fill ${words(values.choices)} "$cur"`;
    case 'names':
      return `_ci_fill "$(_ci_names ${quoted(values.folder)})" "$cur"`;
    case 'directory':
      return 'COMPREPLY=($(compgen -d -- "$cur"))';
    case 'file':
      return 'COMPREPLY=($(compgen -f -- "$cur"))';
    case 'none':
      return ':';
  }
}
