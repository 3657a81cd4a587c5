import * as assert from 'uvu/assert';
import { z } from 'zod';
import { toJson } from '../../../orchestrator/report/json.js';
import { runJsonSchema } from '../../../orchestrator/report/run-schema.js';
import { suite } from '../../harness/suite.js';
import { golden, RECORDED, recorded } from './recorded.js';
import { sampleRun } from './sample.js';

const test = suite('report/run-schema');
const FILE = 'docs/run.schema.json';

const schema = runJsonSchema();
const reader = z.fromJSONSchema(schema);

test('the schema in docs is the one that the code gives', () => {
  golden(FILE, `${JSON.stringify(schema, null, 2)}\n`);
});

const records = [
  ...RECORDED.map((name) => [name, recorded(name).run] as const),
  ['sample', sampleRun()] as const,
];
for (const [name, run] of records) {
  test(`run.json fits it: ${name}`, () => {
    const result = reader.safeParse(JSON.parse(toJson(run)));
    assert.ok(result.success, JSON.stringify(result.error?.issues.slice(0, 3)));
  });
}

test('what is missing, of another type or unknown does not fit', () => {
  const good = JSON.parse(toJson(sampleRun())) as Record<string, unknown>;
  const { verdict: _verdict, ...missing } = good;
  for (const wrong of [
    missing,
    { ...good, exitCode: '1' },
    { ...good, more: 1 },
    { ...good, verdict: 'fine' },
  ])
    assert.is(reader.safeParse(wrong).success, false);
});

test.run();
