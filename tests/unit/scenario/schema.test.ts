import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { expandScenario } from '../../../orchestrator/scenario/expand.js';
import { scenarioJsonSchema } from '../../../orchestrator/scenario/json-schema.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { parseYaml } from '../../../orchestrator/scenario/yaml-source.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/schema');
const HEAD = 'id: X1\ntitle: t\nguards: g\norigin: o\n';

const expand = (text: string): Case[] =>
  expandScenario(parseYaml(text, 'tests/scenarios/X1.yaml'), 's', 'X1');

function refused(text: string): CiError {
  try {
    expand(text);
  } catch (error) {
    if (error instanceof CiError) return error;
    throw error;
  }
  throw new Error('the scenario was accepted');
}

test('a good scenario becomes one case with the defaults put in', () => {
  const [one, ...rest] = expand(`${HEAD}steps:\n  - init: { pfn: 0, order: 9 }\n  - free: { pfn: 0 }\n`);
  assert.is(rest.length, 0);
  assert.is(one?.id, 's/X1');
  assert.equal(one?.steps[0]?.init, { pfn: 0, order: 9, unlock: 'page' });
  assert.equal(one?.steps[1]?.free, { pfn: 0, how: 'page' });
  assert.equal(one?.requires, { config: [], features: [] });
});

const refusals: readonly (readonly [name: string, body: string, message: string])[] = [
  [
    'a wrong type',
    'steps:\n  - init: { pfn: 0, order: nine }\n',
    '6:28: steps.0.init.order: expected number, received string',
  ],
  ['a missing value', 'steps:\n  - init: { pfn: 0 }\n', '6:11: steps.0.init.order: missing, expected number'],
  [
    'a typo in a step',
    'steps:\n  - inti: { pfn: 0, order: 9 }\n',
    '6:5: steps.0.inti: unknown key, did you mean "init"?',
  ],
  [
    'a typo in an argument',
    'steps:\n  - init: { pfm: 0, order: 9 }\n',
    '6:13: steps.0.init.pfm: unknown key, did you mean "pfn"?',
  ],
  [
    'a typo at the top',
    'setps: []\nsteps:\n  - free: { pfn: 0 }\n',
    '5:1: setps: unknown key, did you mean "steps"?',
  ],
  [
    'an order too large',
    'steps:\n  - init: { pfn: 0, order: 10 }\n',
    '6:28: steps.0.init.order: too big: expected number to be <=9',
  ],
  ['no steps at all', '', '1:1: no steps: a scenario must do something'],
  ['an empty list of steps', 'steps: []\n', '5:8: steps: no steps: a scenario must do something'],
  ['a step without operation', 'steps:\n  - note: hello\n', '6:5: steps.0: names no operation'],
  [
    'two operations in a step',
    'steps:\n  - init: { pfn: 0, order: 0 }\n    free: { pfn: 0 }\n',
    '6:5: steps.0: has 2 operations (init, free), a step is one',
  ],
  [
    'a parameter without value',
    'steps:\n  - free: { pfn: $first }\n',
    '6:18: steps.0.free.pfn: $first has no value; known here: none',
  ],
  [
    'a poke that says nothing',
    'steps:\n  - poke: { pfn: 0 }\n',
    '6:11: steps.0.poke: says what to write by exactly one of set, field, byte',
  ],
  [
    'a 64-bit number that YAML would round',
    'steps:\n  - poke: { pfn: 0, byte: 56, size: 8, value: 0xffff888000001000 }\n',
    '6:47: steps.0.poke.value: expected string, received number',
  ],
  [
    'an owner of pages that nobody asks for',
    'steps:\n  - migrate: { owner: second, to: [{ page: 0, pfn: 1, order: 0 }] }\n',
    '6:23: steps.0.migrate.owner: `owner` goes with fromDevice',
  ],
  ['an owner that is none', 'steps:\n  - back: { owner: third }\n', '6:20: steps.0.back.owner: '],
  [
    'a count of pages that a step cannot move',
    'steps:\n  - verify: {}\n    expect: { migrated: 1 }\n',
    '7:25: steps.0.expect.migrated: only migrate, back and evict move pages',
  ],
  ['a key twice', 'title: u\nsteps:\n  - free: { pfn: 0 }\n', '5:1: Map keys must be unique'],
  ['broken YAML', 'steps: [\n', ''],
];
for (const [name, body, message] of refusals) {
  test(`refuses ${name}, and says where`, () => {
    const error = refused(HEAD + body);
    assert.is(error.fault, 'usage');
    assert.ok(error.message.startsWith(`tests/scenarios/X1.yaml:${message}`), error.message);
    assert.ok(/^tests\/scenarios\/X1\.yaml:\d+:\d+$/.test(error.details.where ?? ''), error.details.where);
  });
}

test('an id that is not the name of the file is refused', () => {
  const error = refused(`${HEAD.replace('X1', 'X2')}steps:\n  - free: { pfn: 0 }\n`);
  assert.match(error.message, ':1:5: id: the file is X1.yaml');
});

test('further problems follow in the detail', () => {
  const error = refused(`${HEAD}steps:\n  - init: { pfn: a, order: b }\n`);
  assert.match(error.message, 'steps.0.init.pfn');
  assert.match(error.details.detail ?? '', 'steps.0.init.order');
});

test('product makes a case of each combination, cases may have their own values or steps', () => {
  const product = expand(
    `${HEAD}product:\n  id: $order@$pfn\n  over: { order: [0, 1], pfn: [0, 4] }\nsteps:\n  - init: { pfn: $pfn, order: $order }\n`,
  );
  assert.equal(
    product.map((one) => one.id),
    ['s/X1/0@0', 's/X1/0@4', 's/X1/1@0', 's/X1/1@4'],
  );
  assert.is(product[3]?.steps[0]?.init?.pfn, 4);
  const cases = expand(
    `${HEAD}cases:\n  - { id: a, with: { n: 3 } }\n  - id: b\n    steps:\n      - free: { pfn: 9 }\nsteps:\n  - free: { pfn: $n }\n`,
  );
  assert.equal(
    cases.map((one) => [one.id, one.steps[0]?.free?.pfn]),
    [
      ['s/X1/a', 3],
      ['s/X1/b', 9],
    ],
  );
});

test('a wrong value from a parameter is reported where it is used', () => {
  const error = refused(
    `${HEAD}product:\n  id: $order\n  over: { order: [9, 12] }\nsteps:\n  - init: { pfn: 0, order: $order }\n`,
  );
  assert.match(error.message, ':9:28: steps.0.init.order: too big');
});

test('two cases with one id are refused', () => {
  const error = refused(`${HEAD}cases:\n  - { id: a }\n  - { id: a }\nsteps:\n  - free: { pfn: 0 }\n`);
  assert.match(error.message, ':7:11: cases.1.id: two cases have the id "a"');
});

test('tests/scenarios/schema.json is what the schema gives', () => {
  const file = join(projectRoot(), 'tests', 'scenarios', 'schema.json');
  const committed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(
    committed,
    JSON.parse(JSON.stringify(scenarioJsonSchema())),
    'run: npm run build && node dist/tests/unit/scenario/write-schema.js',
  );
});

test.run();
