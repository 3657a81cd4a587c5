import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Told } from '../../../orchestrator/report/format.js';
import { kcidb } from '../../../orchestrator/report/kcidb.js';
import { suite } from '../../harness/suite.js';
import { context, golden, hostile, RECORDED, recorded } from './recorded.js';
import { sampleRun } from './sample.js';

const test = suite('report/kcidb');

type Fields = Readonly<Record<string, unknown>>;
type Report = Readonly<Record<'checkouts' | 'builds' | 'tests', readonly Fields[]>> & {
  readonly version: Fields;
};

/** The fields of the published schema, with what each may hold. */
const schema = JSON.parse(readFileSync('tests/fixtures/formats/kcidb-v5.3.json', 'utf8')) as {
  readonly origin: string;
  readonly id: string;
  readonly path: string;
  readonly status: readonly string[];
  readonly environment: readonly string[];
  readonly required: Readonly<Record<string, readonly string[]>>;
  readonly fields: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const matches =
  (pattern: string | RegExp) =>
  (value: unknown): boolean =>
    isText(value) && new RegExp(pattern).test(value);
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: matches(schema.id),
  origin: matches(schema.origin),
  path: matches(schema.path),
  text: isText,
  excerpt: (value) => isText(value) && value.length <= 16_384,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  object: isObject,
  environment: (value) =>
    isObject(value) && Object.keys(value).every((key) => schema.environment.includes(key)),
  status: (value) => isText(value) && schema.status.includes(value),
  sha1: matches(/^[0-9a-f]{40}$/),
  'sha256-or-empty': matches(/^(?:[0-9a-f]{64})?$/),
  email: matches(/^[^\s@]+@[^\s@]+$/),
  time: (value) => matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/)(value),
  architecture: matches(/^[a-z0-9_]*$/),
};

/** Everything about a report that the schema would refuse. */
function problems(report: Report): string[] {
  const wrong: string[] = [];
  for (const list of ['checkouts', 'builds', 'tests'] as const) {
    const fields = schema.fields[list] ?? {};
    const ids = new Set(report[list].map(({ id }) => id));
    if (ids.size !== report[list].length) wrong.push(`${list}: an id is there twice`);
    for (const object of report[list]) {
      for (const name of schema.required[list] ?? [])
        if (!(name in object)) wrong.push(`${list}: no ${name}`);
      for (const [name, value] of Object.entries(object)) {
        const kind = fields[name];
        if (kind === undefined) wrong.push(`${list}: unknown field ${name}`);
        else if (KINDS[kind]?.(value) !== true)
          wrong.push(`${list}: ${name} is no ${kind}: ${String(value)}`);
      }
    }
  }
  const known = (list: 'checkouts' | 'builds', id: unknown): boolean =>
    report[list].some((one) => one['id'] === id);
  for (const { checkout_id: id } of report.builds)
    if (!known('checkouts', id)) wrong.push(`no checkout ${String(id)}`);
  for (const { build_id: id } of report.tests) if (!known('builds', id)) wrong.push(`no build ${String(id)}`);
  return wrong;
}

const told: readonly (readonly [string, Told])[] = [
  ...RECORDED.map((name) => [name, recorded(name)] as const),
  ['sample', { run: sampleRun(), events: [] }],
  ['hostile', hostile()],
];
const reportOf = (one: Told): Report => JSON.parse(kcidb.render(one, context)) as Report;

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    golden(`tests/fixtures/formats/${name}.kcidb.json`, kcidb.render(recorded(name), context));
  });
}

for (const [name, one] of told) {
  test(`fits the fields of the schema: ${name}`, () => {
    const report = reportOf(one);
    assert.equal(report.version, { major: 5, minor: 3 });
    assert.equal(problems(report), []);
    assert.is(report.checkouts.length, one.run.points.length);
  });
}

test('the check sees what the schema would refuse', () => {
  const good = reportOf(recorded('introduced'));
  const [first = {}] = good.tests;
  const bad = (change: Fields): Report => ({ ...good, tests: [{ ...first, ...change }] });
  for (const change of [
    { status: 'BROKEN' },
    { path: 'a b' },
    { build_id: 'zone_device_ci:nowhere' },
    { flaky: true },
    { log_excerpt: 'x'.repeat(16_385) },
  ])
    assert.is(problems(bad(change)).length, 1, JSON.stringify(change).slice(0, 80));
});

test('a patch that breaks a test has its failure, the same kernel is not tested twice', () => {
  const { tests, builds } = reportOf(recorded('introduced'));
  const failed = tests.filter(({ status }) => status === 'FAIL');
  assert.equal(
    failed.map(({ path }) => path),
    ['mixed-order.S2', 'mixed-order.S2b', 'mixed-order.S2f'],
  );
  assert.match(String(failed[0]?.['log_excerpt']), 'prep_compound_head');
  const inherited = builds[1]?.['misc'] as Fields;
  assert.match(String(inherited['same_kernel_as']), /-0$/);
});

test('the hash of the patches is the one that the schema tells a shell to make', () => {
  const { run, events } = recorded('introduced');
  const sums = run.points.map(({ index }) => createHash('sha256').update(`patch ${index}`).digest('hex'));
  const points = run.points.map((point) =>
    point.index === 0 ? point : { ...point, patchSha256: sums[point.index] ?? '' },
  );
  const shell = (n: number): string =>
    execFileSync('sh', ['-c', 'sha256sum | cut -c-64'], {
      input: sums
        .slice(1, n + 1)
        .map((sum) => `${sum}\n`)
        .join(''),
      encoding: 'utf8',
    }).trim();
  assert.equal(
    reportOf({ run: { ...run, points }, events }).checkouts.map(({ patchset_hash: hash }) => hash),
    points.map(({ index }) => (index === 0 ? '' : shell(index))),
  );
  assert.ok(
    reportOf({ run, events })
      .checkouts.slice(1)
      .every((one) => !('patchset_hash' in one)),
  );
});

test('what does not compile is a failed build without tests', () => {
  const { builds, tests } = reportOf(recorded('does-not-compile'));
  assert.equal(
    builds.map(({ status }) => status),
    ['PASS', 'FAIL'],
  );
  assert.match(String(builds[1]?.['log_excerpt']), /memremap\.c:\d+:\d+: error/);
  assert.ok(tests.every(({ build_id: id }) => id === builds[0]?.['id']));
});

test.run();
