import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { commandTree, flatten } from '../../../orchestrator/cli/command-tree.js';
import { bashCompletion } from '../../../orchestrator/cli/completion-bash.js';
import { fishCompletion, zshCompletion } from '../../../orchestrator/cli/completion-other.js';
import { knownNames } from '../../../orchestrator/cli/known-names.js';
import { manPage } from '../../../orchestrator/cli/man-page.js';
import { program } from '../../../orchestrator/cli/program.js';
import { run as runChild } from '../../../orchestrator/process/child.js';
import type { ChildResult } from '../../../orchestrator/process/child.js';
import { Teardown } from '../../../orchestrator/process/teardown.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { tool } from '../../harness/tool.js';

const test = suite('cli/completion');

const tree = commandTree(
  await program({ signal: new AbortController().signal, teardown: new Teardown() }, { code: 0 }),
  await knownNames(),
);
const nodes = flatten(tree);

/** A project with a run, a suite and a baseline, in a folder whose name a shell would trip over. */
const root = path.join(scratchDir('completion'), "it's a $folder");
for (const file of [
  'results/runs/20260119-060005-3fa9c1/x',
  'tests/suites/mixed-order.yaml',
  'results/baselines/7.3.json',
]) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), '');
}

const shell = (argv: readonly string[], input?: string): Promise<ChildResult> =>
  runChild(argv, { what: argv[0] ?? '', deadlineMs: 20_000, ...(input === undefined ? {} : { input }) });

test('every command of the program is there, with its options', () => {
  const names = nodes.map(({ path: words }) => words.join(' '));
  for (const name of [
    'run',
    'report',
    'list',
    'baseline save',
    'model explain',
    'triage',
    'b4-check',
    'completion',
    'man',
  ])
    assert.ok(names.includes(name), name);
  const run = nodes.find(({ path: words }) => words.join() === 'run');
  const points = run?.options.find(({ long }) => long === '--points');
  assert.equal(points?.values, { kind: 'choices', choices: ['all', 'ends'] });
  assert.equal(run?.options.find(({ long }) => long === '--quiet')?.short, '-q');
});

const script = path.join(scratchDir('completion'), 'ci.bash');
writeFileSync(script, bashCompletion(tree, root));

/** What bash offers after these words, the last of which is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const ask = `source ${script}
COMP_WORDS=(${['ci', ...words].map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_ci
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const result = await shell(['bash', '--norc', '-c', ask]);
  assert.is(result.stderr, '');
  return result.stdout.split('\n').filter((line) => line !== '');
}

test('bash: commands, and commands of commands', async () => {
  assert.equal(await offered('re'), ['report']);
  assert.equal(await offered('model', 'ex'), ['explain']);
  assert.equal(await offered('-q', 'ru'), ['run']);
});

test('bash: options of the command that was typed', async () => {
  assert.equal(await offered('run', '--pro'), ['--profile']);
  assert.equal(await offered('run', '--suite', 'x', '--acc'), ['--accel']);
  assert.equal(await offered('list', '--pro'), []);
});

test('bash: what an option takes', async () => {
  assert.equal(await offered('run', '--points', ''), ['all', 'ends']);
  assert.equal(await offered('run', '--suite', 'mix'), ['mixed-order']);
  assert.equal(await offered('report', '--format', 'k'), ['ktap', 'kcidb']);
  assert.equal(await offered('report', '--baseline', ''), ['7.3']);
  assert.equal(await offered('run', '--profile', 'no'), ['nodebug']);
  assert.equal(await offered('run', '--test', 'mixed-order/S2'), [
    'mixed-order/S2',
    'mixed-order/S2b',
    'mixed-order/S2f',
  ]);
  assert.equal(await offered('triage', 'RUN', 'findings/S'), ['findings/S10']);
});

test('bash: what an argument takes, the values of options before it left out', async () => {
  assert.equal(await offered('report', '2026'), ['20260119-060005-3fa9c1']);
  assert.equal(await offered('report', '--format', 'mail', '2026'), ['20260119-060005-3fa9c1']);
  assert.equal(await offered('completion', ''), ['bash', 'zsh', 'fish']);
});

for (const [name, text] of [
  ['zsh', zshCompletion(tree, root)],
  ['fish', fishCompletion(tree, root)],
] as const) {
  test(`${name} takes the script`, async () => {
    const file = path.join(scratchDir('completion'), `ci.${name}`);
    writeFileSync(file, text);
    const result = await shell([tool(name), '-n', file]);
    assert.equal([result.exitCode, result.stderr], [0, '']);
  });
}

test('fish: commands, options and names', async () => {
  const file = path.join(scratchDir('completion'), 'ci.fish');
  writeFileSync(file, fishCompletion(tree, root));
  const ask = async (line: string): Promise<string[]> => {
    const result = await shell([tool('fish'), '--no-config', '-c', `source ${file}; complete -C '${line}'`]);
    return result.stdout.split('\n').flatMap((one) => one.split('\t')[0] || []);
  };
  assert.equal(await ask('ci tria'), ['triage']);
  assert.equal(await ask('ci run --points '), ['all', 'ends']);
  assert.equal(await ask('ci run --profile no'), ['nodebug']);
  assert.equal(await ask('ci run --test findings/S'), ['findings/S10']);
  assert.equal(await ask('ci run --suite m'), ['mixed-order']);
});

const page = manPage(tree, '0.1.0', '2026-11-26');

test('the manual page has every command and every option', () => {
  for (const { path: words, options, commands } of nodes) {
    if (words.length === 0 || commands.length > 0) continue;
    assert.match(page, `.SS "ci ${words.join(' ').replaceAll('-', '\\-')}"`);
    for (const { long } of options) assert.match(page, `\\fB${long.replaceAll('-', '\\-')}\\fR`);
  }
  for (const line of page.split('\n')) assert.not.match(line, /^\.(?!TH|SH|SS|TP|B |BR|br)/);
});

test('man shows the page without a complaint', async () => {
  const file = path.join(scratchDir('completion'), 'ci.1');
  writeFileSync(file, page);
  const result = await runChild([tool('man'), '--warnings', '-l', file], {
    what: 'man',
    deadlineMs: 20_000,
    env: { MANPAGER: 'cat', LC_ALL: 'C.UTF-8', MANWIDTH: '80', TERM: 'dumb' },
  });
  assert.is(result.exitCode, 0);
  assert.is(result.stderr, '');
  assert.match(result.stdout, /EXIT STATUS/);
  assert.match(result.stdout, /--points which/);
});

test.run();
