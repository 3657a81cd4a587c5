import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { caseNamed, loadScenario } from '../../../orchestrator/scenario/one-scenario.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/one-scenario');

const root = projectRoot();

async function refusal(body: () => unknown): Promise<CiError> {
  try {
    await body();
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage') return error;
    throw error;
  }
  throw new Error('was accepted');
}

test('by id, by path, and a file outside the project', async () => {
  const ids = (await loadScenario(root, 'A1')).map(({ id }) => id);
  assert.is(ids.length, 10);
  assert.is(ids[9], 'A1/9@0');
  assert.is((await loadScenario(root, join(root, 'tests/scenarios/S1.yaml')))[0]?.id, 'S1');
  const dir = mkdtempSync(join(tmpdir(), 'scenario-'));
  try {
    const file = join(dir, 'mine.yaml');
    const head = 'title: t\nguards: g\norigin: o\n';
    writeFileSync(file, `id: mine\n${head}steps:\n  - init: { pfn: 0, order: 1 }\n`);
    assert.is((await loadScenario(root, file))[0]?.id, 'mine');
    writeFileSync(file, `id: mine\n${head}steps:\n  - init: { pfn: 0, order: big }\n`);
    const wrong = await refusal(() => loadScenario(root, file));
    assert.match(wrong.details.where ?? '', /mine\.yaml:6:28$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('an unknown one is refused with a guess and the list', async () => {
  const error = await refusal(() => loadScenario(root, 'S2bb'));
  assert.match(error.message, 'did you mean "S2b"?');
  assert.match(error.details.remedy ?? '', 'A1, A2');
});

test('a case by its id, with or without the scenario', async () => {
  const cases = await loadScenario(root, 'A2');
  for (const name of ['9@0,4@16', 'A2/9@0,4@16']) assert.is(caseNamed(cases, name).id, 'A2/9@0,4@16');
  const error = await refusal(() => caseNamed(cases, '9@0,4@17'));
  assert.match(error.message, 'did you mean');
  assert.match(error.details.remedy ?? '', /\(446 in all\)/);
  const single = await loadScenario(root, 'S1');
  assert.is(caseNamed(single, 'S1').id, 'S1');
  assert.match((await refusal(() => caseNamed(single, 'x'))).details.remedy ?? '', 'leave --case out');
});

test.run();
