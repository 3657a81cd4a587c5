import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { expandScenario } from '../../orchestrator/scenario/expand.js';
import { parseYaml } from '../../orchestrator/scenario/yaml-source.js';
import { ci, recordOf, scratch } from '../e2e/support/cli.js';
import { point } from '../e2e/support/records.js';
import { suite } from '../harness/suite.js';

const HOUR = 3_600_000;
const test = suite('proof: generated campaigns', { timeoutMs: HOUR, fileTimeoutMs: 4 * HOUR });
const dir = scratch('random');
/** What each came to: shown where something of the file fails. */
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Pre-fix kernel, and the fix without its line for _nr_pages. */
for (const [variant, seed] of ['a', 'nomemcg'].flatMap((one) =>
  ['1', '2', '3'].map((two) => [one, two] as const),
))
  test(`variant ${variant} is found within a minute and shrunk to at most three steps, seed ${seed}`, async () => {
    const out = path.join(dir, `${variant}-${seed}`);
    const series = ['run', `tests/variants/${variant}.patch`, '--suite', 'random'];
    const result = await ci([...series, '--seed', seed, '--minutes', '1', '--json', '--out', out]);
    const record = recordOf(result);
    assert.is(point(record, 0).verdict, 'good', point(record, 0).reason);
    assert.is(point(record, 1).verdict, 'bad', point(record, 1).reason);

    const folder = path.join(out, 'points', '1', 'shrunk');
    const shrunk = readdirSync(folder).map((name) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      const steps = expandScenario(parseYaml(text, name), 'x', name.replace('.yaml', ''))[0]?.steps.length;
      return { id: /--test '([^']*)'/.exec(text)?.[1] ?? '', steps: steps ?? Number.POSITIVE_INFINITY };
    });
    const [shortest] = shrunk.sort((one, other) => one.steps - other.steps);
    say(
      `variant ${variant}, seed ${seed}: ${shortest?.id}, ${shortest?.steps} steps; run ${Math.round(result.ms / 1000)} s`,
    );
    assert.ok(shortest && shortest.steps <= 3, JSON.stringify(shrunk));

    const again = recordOf(await ci([...series, '--test', shortest.id, '--json', '--out', `${out}-again`]));
    assert.equal(
      again.summary.introduced.map((one) => [one.test, one.point]),
      [[shortest.id, 1]],
    );
  });

for (const profile of ['default', 'nodebug'])
  for (const seed of ['1', '2', '3'])
    test(`7.3 goes through the campaign of seed ${seed} with nothing but known deviations, ${profile}`, async () => {
      const argv = ['run', '--suite', 'random', '--seed', seed, '--minutes', '2', '--profile', profile];
      const result = await ci([...argv, '--json', '--out', path.join(dir, `${profile}-${seed}`)]);
      const record = recordOf(result);
      const { verdict, tests } = point(record, 0);
      say(
        `7.3 ${profile}, seed ${seed}: ${verdict}, ${tests.length} tests; run ${Math.round(result.ms / 1000)} s`,
      );
      assert.is(point(record, 0).verdict, 'good', point(record, 0).reason);
    });

test.run();
