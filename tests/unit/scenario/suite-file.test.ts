import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { loadSuite, selectCases, suiteNames } from '../../../orchestrator/scenario/suite-file.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/suite-file');

async function message(root: string, name: string): Promise<string> {
  try {
    await loadSuite(root, name);
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage')
      return `${error.message} | ${error.details.remedy ?? ''}`;
    throw error;
  }
  throw new Error('the suite was accepted');
}

test('the bundled suites load, every case id once', async () => {
  for (const name of await suiteNames(projectRoot())) {
    const loaded = await loadSuite(projectRoot(), name);
    assert.is(loaded.id, name);
    if (loaded.kind !== 'scenarios') continue;
    assert.is(new Set(loaded.cases.map((one) => one.id)).size, loaded.cases.length);
  }
  const mixed = await loadSuite(projectRoot(), 'mixed-order');
  assert.ok(mixed.kind === 'scenarios' && mixed.cases.length >= 500);
});

test('an unknown suite is refused with a guess and the list', async () => {
  const text = await message(projectRoot(), 'mixed-ordre');
  assert.match(text, 'did you mean "mixed-order"?');
  assert.match(text, 'suites: findings, hmm-tests, hmm-tests-coherent, hmm-tests-quick, mixed-order, random');
});

test('a scenario that is not there is refused where the suite names it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'suite-'));
  try {
    mkdirSync(join(root, 'tests', 'suites'), { recursive: true });
    writeFileSync(
      join(root, 'tests', 'suites', 'one.yaml'),
      'id: one\nkind: scenarios\ntitle: t\nscenarios: [S99]\ndeadlineMs: 1000\n',
    );
    assert.match(
      await message(root, 'one'),
      'tests/suites/one.yaml:4:13: scenarios.0: there is no tests/scenarios/S99.yaml',
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('the digest follows the text of a scenario', async () => {
  const root = mkdtempSync(join(tmpdir(), 'suite-'));
  try {
    for (const folder of ['suites', 'scenarios']) mkdirSync(join(root, 'tests', folder), { recursive: true });
    writeFileSync(
      join(root, 'tests', 'suites', 'one.yaml'),
      'id: one\nkind: scenarios\ntitle: t\nscenarios: [X1]\ndeadlineMs: 1000\n',
    );
    const scenario = join(root, 'tests', 'scenarios', 'X1.yaml');
    const text = 'id: X1\ntitle: t\nguards: g\norigin: o\nsteps:\n  - init: { pfn: 0, order: 0 }\n';
    writeFileSync(scenario, text);
    const before = (await loadSuite(root, 'one')).digest;
    assert.is((await loadSuite(root, 'one')).digest, before);
    writeFileSync(scenario, text.replace('order: 0', 'order: 1'));
    assert.is.not((await loadSuite(root, 'one')).digest, before);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('cases are chosen by glob, by scenario and by full id', async () => {
  const loaded = await loadSuite(projectRoot(), 'mixed-order');
  if (loaded.kind !== 'scenarios') throw new Error('not a suite of scenarios');
  const ids = (glob: string): string[] => selectCases(loaded.cases, glob).map((one) => one.id);
  assert.equal(ids('S2'), ['mixed-order/S2']);
  assert.is(ids('S2*').length, 3);
  assert.is(ids('A2').length, 446);
  assert.equal(ids('A2/9@0,4@16'), ['mixed-order/A2/9@0,4@16']);
  assert.equal(ids('mixed-order/A2/9@0,4@16'), ['mixed-order/A2/9@0,4@16']);
  // Six pairs, and two reuses of A6.
  assert.is(ids('*9@0,4@*').length, 8);
  assert.is(ids('nothing').length, 0);
});

test('[SA] stands for one of these characters, and a bracket that says nothing for itself', () => {
  const cases = ['S1', 'A1/9@0', 'B1', 'X[]', 'X[1'].map((name) => ({ id: `m/${name}`, suite: 'm' }));
  const ids = (glob: string): string[] => selectCases(cases, glob).map(({ id }) => id);
  assert.equal(ids('m/[SA]*'), ['m/S1', 'm/A1/9@0']);
  assert.equal(ids('[B]1'), ['m/B1']);
  assert.equal(ids('X[]'), ['m/X[]']);
  assert.equal(ids('X[1'), ['m/X[1']);
});

test.run();
