import { flatten } from './command-tree.js';
import type { ArgumentNode, CommandNode, OptionNode } from './command-tree.js';

/** Text for man(7): no line of it is a request, no character an escape. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=['.])/, '\\&');
}

const EXITS: readonly (readonly [string, string])[] = [
  ['0', 'good'],
  ['1', 'bad: a test fails that passed before, a stale byte, a splat, a hang, a lost boot'],
  ['125', 'cannot tell: does not apply, does not compile, the kernel has no such feature, too flaky'],
  ['128', 'infrastructure, or an error of ours'],
  ['129', 'usage or configuration'],
  ['130, 143', 'SIGINT, SIGTERM'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['results/runs/<id>/events.jsonl', 'what a run found; every report is made from it'],
  ['results/known-issues.yaml', 'deviations that a kernel shows by itself'],
  ['results/triage.yaml', 'failures that somebody looked at and excused'],
  ['results/baselines/', 'what runs are compared with'],
  ['$XDG_CACHE_HOME/zone-device-ci', 'kernels, sources, compiled objects; $CI_CACHE_DIR puts it elsewhere'],
];

/**
 * The manual page ci(1) of a tree of commands.
 * @param day date of the page, for example `2026-11-26`
 */
export function manPage(tree: CommandNode, version: string, day: string): string {
  const commands = flatten(tree).filter(({ path, commands: below }) => path.length > 0 && below.length === 0);
  const lines = [
    `.TH CI 1 "${day}" "zone\\-device\\-ci ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'ci \\- regression tests of kernel patch series for ZONE_DEVICE device\\-private large folios',
    '.SH SYNOPSIS',
    ...commands.flatMap((node) => ['.br', synopsis(node)]).slice(1),
    '.SH DESCRIPTION',
    roff(`${tree.description}.`),
    'stdout is data, stderr is talk. The documentation is in docs/, README.md is where to begin.',
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...EXITS.flatMap(definition),
    'No other value leaves the program, so that it is safe under',
    '.BR "git bisect run" .',
    '.SH FILES',
    ...FILES.flatMap(definition),
    '.SH SEE ALSO',
    '.BR git\\-bisect (1),',
    '.BR b4 (1),',
    '.BR qemu\\-system\\-x86_64 (1)',
  ];
  return `${lines.join('\n')}\n`;
}

function synopsis(node: CommandNode): string {
  return `\\fBci ${roff(node.path.join(' '))}\\fR [\\fIoptions\\fR]${node.arguments.map((one) => ` ${argument(one)}`).join('')}`;
}

function argument({ name, required, variadic }: ArgumentNode): string {
  const shown = `\\fI${roff(name)}\\fR${variadic ? ' ...' : ''}`;
  return required ? shown : `[${shown}]`;
}

function commandLines(node: CommandNode): string[] {
  return [
    `.SS "ci ${roff(node.path.join(' '))}"`,
    roff(`${node.description}.`),
    ...node.arguments.flatMap((one) => ['.TP', `\\fI${roff(one.name)}\\fR`, roff(one.description)]),
    ...node.options.flatMap(optionLines),
  ];
}

function optionLines({ long, short, value, description, default: usual, values }: OptionNode): string[] {
  const names = [short, long].filter((name) => name !== undefined).map((name) => `\\fB${roff(name)}\\fR`);
  const notes = [
    ...(values.kind === 'choices' ? [`one of ${values.choices.join(', ')}`] : []),
    ...(usual === undefined || description.includes('default:') ? [] : [`default: ${usual}`]),
  ];
  const more = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const taken = value === undefined ? '' : ` \\fI${roff(value.replaceAll(/[<>]/g, ''))}\\fR`;
  return ['.TP', `${names.join(', ')}${taken}`, roff(`${description}${more}`)];
}

function definition([name, text]: readonly [string, string]): string[] {
  return ['.TP', `.B ${roff(name)}`, roff(text)];
}
