import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { coverageFile, readCoverage, writeCoverage } from '../../../orchestrator/store/coverage-record.js';
import type { CoverageRecord } from '../../../orchestrator/store/coverage-record.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('store/coverage-record');

const RECORD: CoverageRecord = {
  schemaVersion: 1,
  from: ['fresh'],
  to: ['order0'],
  transitions: [{ from: 'fresh', to: 'order0', ours: { pages: 3, test: 't' } }],
  unreachable: [],
};

test('what is written is read again; nothing or something older is no record', async () => {
  const file = join(scratchDir('coverage'), 'score', 'coverage.json');
  assert.is(await readCoverage(file), undefined);
  await writeCoverage(file, RECORD);
  assert.equal(await readCoverage(file), RECORD);
  await writeFile(file, JSON.stringify({ ...RECORD, schemaVersion: 0 }));
  assert.is(await readCoverage(file), undefined);
});

test('the record that comes with the project is of this layout', async () => {
  const record = await readCoverage();
  assert.is(record?.transitions.length, 274);
});

test('it is kept in results/score, unless the user says where', () => {
  assert.match(coverageFile(), /results\/score\/coverage\.json$/);
  assert.is(coverageFile('/x/y.json'), '/x/y.json');
});

test.run();
