import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { fileAt, git } from '../../../orchestrator/kernel/git.js';
import { pickStored, sourceDir, storedSources } from '../../../orchestrator/kernel/source-store.js';
import { parseKtap } from '../../../orchestrator/ktap/parse.js';
import { run as runChild } from '../../../orchestrator/process/child.js';
import type { Told } from '../../../orchestrator/report/format.js';
import { ktap } from '../../../orchestrator/report/ktap.js';
import { pointTests } from '../../../orchestrator/report/point-tests.js';
import { suite } from '../../harness/suite.js';
import { tool } from '../../harness/tool.js';
import { scratchDir } from '../../harness/temp.js';
import { context, golden, hostile, RECORDED, recorded } from './recorded.js';
import { record, sampleRun } from './sample.js';

const test = suite('report/ktap');

/** What a console says when it is over, as titles and names of tests: a parser must not end there. */
function treacherous(): Told {
  const run = sampleRun();
  const evil = [
    'mixed-order/a # SKIP b',
    'mixed-order/Kernel panic - not syncing: VFS: Unable to mount',
    'mixed-order/mixed-order',
    'mixed-order/reboot: System halted',
    'mixed-order',
  ].map((id) => ({ ...record(id, 'fail', { reason: `${id}\nok 7 x\n1..9` }), suite: 'mixed-order' }));
  const points = run.points.map((point) => ({
    ...point,
    tests: point.tests.length === 0 ? [] : [...point.tests, ...evil],
  }));
  return { run: { ...run, points }, events: [] };
}

const told: readonly (readonly [string, Told])[] = [
  ...RECORDED.map((name) => [name, recorded(name)] as const),
  ['sample', { run: sampleRun(), events: [] }],
  ['hostile', hostile()],
  ['treacherous', treacherous()],
];

/** Counts of leaves as kunit.py names them. */
function counts({ run }: Told): Record<string, number> {
  const all = run.points.flatMap((point) => pointTests(run, point));
  const of = (...outcomes: string[]): number =>
    all.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    tests: all.length,
    passed: of('passed'),
    failed: of('failure', 'error'),
    crashed: 0,
    skipped: of('skipped'),
    errors: 0,
  };
}

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    golden(`tests/fixtures/formats/${name}.ktap`, ktap.render(recorded(name), context));
  });
}

for (const [name, one] of told) {
  test(`our own parser finds every test again: ${name}`, () => {
    const { results, problems } = parseKtap(ktap.render(one, context));
    assert.equal(problems, []);
    const expected = counts(one);
    const of = (...statuses: string[]): number =>
      results.filter(({ status }) => statuses.includes(status)).length;
    assert.equal(
      [of('pass'), of('fail', 'error'), of('skip'), results.length],
      [expected['passed'], expected['failed'], expected['skipped'], expected['tests']],
    );
  });
}

const KUNIT = 'tools/testing/kunit';
const source = pickStored(await storedSources(), undefined);

/** kunit.py of the managed source, in a folder of its own. */
async function kunit(gitDir: string): Promise<string> {
  // It looks for the root of a kernel tree above itself.
  const dir = path.join(scratchDir('kunit'), KUNIT);
  const repo = { gitDir };
  const names = (await git(repo, ['ls-tree', '--name-only', 'HEAD', `${KUNIT}/`])).split('\n');
  mkdirSync(dir, { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.py'))) {
    const text = await fileAt(repo, 'HEAD', name);
    writeFileSync(path.join(dir, path.basename(name)), text ?? '');
  }
  return path.join(dir, 'kunit.py');
}

interface Group {
  readonly name: string;
  readonly sub_groups: readonly Group[];
  readonly test_cases: readonly { readonly name: string; readonly status: string }[];
  readonly misc: Record<string, number>;
}

// The first run on a machine fetches it: an empty cache has none yet when unit tests run.
if (source === undefined) test.skip("the kernel's kunit.py", 'no kernel source in the cache yet');
else {
  const script = await kunit(sourceDir(source.package, source.packageVersion));
  for (const [name, one] of told) {
    test(`the kernel's kunit.py parse: ${name}`, async () => {
      const file = path.join(scratchDir('kunit'), 'parsed.json');
      const result = await runChild([tool('python3'), script, 'parse', `--json=${file}`, '--failed'], {
        what: 'kunit.py parse',
        deadlineMs: 30_000,
        cwd: path.dirname(script),
        input: ktap.render(one, context),
      });
      const group = JSON.parse(readFileSync(file, 'utf8')) as Group;
      assert.equal(group.misc, counts(one), result.stdout.slice(0, 2000));
      assert.is(group.sub_groups.length, one.run.points.length);
      assert.is(result.exitCode, counts(one)['failed'] === 0 ? 0 : 1);
    });
  }
}

test.run();
