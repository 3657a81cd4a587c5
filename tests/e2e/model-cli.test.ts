import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';

const test = suite('e2e: the model on the command line', { timeoutMs: 120_000, fileTimeoutMs: 600_000 });

const dir = mkdtempSync(path.join(scratch('model-cli'), 'x-'));
const RUN = path.join(projectRoot(), 'tests/fixtures/runs/reinit-lost');
const file = (name: string, text: string): string => {
  const at = path.join(dir, name);
  writeFileSync(at, text);
  return at;
};

test('model run: a scenario on 7.3 as text', async () => {
  const result = await ci(['model', 'run', 'S2']);
  assert.is(result.code, 0, result.stderr);
  assert.match(result.stdout, /step 3 init \{ pfn: 1, order: 0/);
  assert.match(result.stdout, 'ends: every step comes back');
});

test('model run: a variant, a case and options as JSON', async () => {
  const argv = ['model', 'run', 'A7', '--case', '9,0@1', '--variant', 'nomemcg', '--config', 'DEBUG_VM=n'];
  const result = await ci([...argv, '--json']);
  assert.is(result.code, 0, result.stderr);
  const shown = JSON.parse(result.stdout) as {
    variant: { id: string };
    config: Record<string, boolean>;
    cases: { id: string; end: { kind: string; step: number; line: string }; steps: unknown[] }[];
  };
  assert.equal(
    [shown.variant.id, shown.config, shown.cases.map(({ id }) => id)],
    ['nomemcg', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }, ['A7/9,0@1']],
  );
  assert.equal([shown.cases[0]?.end.kind, shown.cases[0]?.end.step], ['crash', 4]);
});

test('model run: tails by pointer', async () => {
  const result = await ci(['model', 'run', 'S1', '--tails', 'pointer']);
  assert.is(result.code, 0, result.stderr);
  assert.match(result.stdout, /compound_info &page\[0\]\+0x1 \(was pgmap\)/);
});

test('model explain: from the events of a run alone', async () => {
  const text = await ci(['model', 'explain', RUN, 'S2']);
  assert.is(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /written as +_nr_pages, the page being tail1\n +by +prep_compound_head, in step 1/,
  );
  assert.match(text.stdout, 'variant a: foretold all 3 steps');
  const json = await ci(['model', 'explain', RUN, 'S2', '--point', '0', '--json']);
  assert.is((JSON.parse(json.stdout) as { point: { index: number } }).point.index, 0);
});

test('report of such a run names the variant of each point', async () => {
  const result = await ci(['report', RUN]);
  assert.is(result.code, 0, result.stderr);
  assert.match(result.stdout, /fits variants b, e1 in all 3 cases[\s\S]*fits variant a in all 3 cases/);
});

const rows: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown scenario', ['run', 'S2bb'], /did you mean "S2b"/],
  ['an unknown variant', ['run', 'S2', '--variant', 'c'], /variants: a, b/],
  ['an unknown case', ['run', 'A1', '--case', '10@0'], /no case "10@0"/],
  ['an unknown option', ['run', 'S2', '--config', 'DEBUG_WM=n'], /did you mean DEBUG_VM/],
  [
    'a scenario with a typo',
    ['run', file('x.yaml', 'id: x\ntitle: t\nguards: g\norigin: o\nsteps:\n  - fere: { pfn: 0 }\n')],
    /x\.yaml:6:5.*did you mean "free"/,
  ],
  [
    'a step outside the chunk',
    [
      'run',
      file('y.yaml', 'id: y\ntitle: t\nguards: g\norigin: o\nsteps:\n  - init: { pfn: 5000, order: 0 }\n'),
    ],
    /y: step 1: .*2048/,
  ],
  ['no such run', ['explain', '/no/such/run', 'S2'], /no run "\/no\/such\/run"/],
  ['a test that is not in the run', ['explain', RUN, 'S77'], /no test "S77"[\s\S]*mixed-order\/S2/],
  [
    'a point that is not in the run',
    ['explain', RUN, 'S2', '--point', '7'],
    /points that have it: 0, 1, 2, 3/,
  ],
  ['no command', [], /Usage: ci model/],
];
for (const [name, argv, message] of rows) {
  test(`${name}: 129, and says what to do`, async () => {
    const result = await ci(['model', ...argv]);
    assert.is(result.code, 129, result.stderr);
    assert.match(result.stderr, message);
    assert.is(result.stdout, '');
    assert.not.match(result.stderr, /\n {4}at /, 'a stack is for bugs');
  });
}

test.run();
