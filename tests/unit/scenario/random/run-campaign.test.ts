import * as assert from 'uvu/assert';
import { expandScenario } from '../../../../orchestrator/scenario/expand.js';
import { modelOracle } from '../../../../orchestrator/scenario/model-oracle.js';
import { RestoringPool } from '../../../../orchestrator/scenario/pool.js';
import { Quota } from '../../../../orchestrator/scenario/random/campaign.js';
import { drawnCase, sequenceOf } from '../../../../orchestrator/scenario/random/case.js';
import { runCampaign } from '../../../../orchestrator/scenario/random/run-campaign.js';
import type { CampaignOptions } from '../../../../orchestrator/scenario/random/run-campaign.js';
import { parseYaml } from '../../../../orchestrator/scenario/yaml-source.js';
import { scanConsole } from '../../../../orchestrator/splat/scanner.js';
import type { Event, TestRecord } from '../../../../orchestrator/store/records.js';
import { suite } from '../../../harness/suite.js';
import { FakeGuest } from '../fake-guest.js';
import { known73 } from '../support.js';
import { randomSuite } from './support.js';

const test = suite('scenario/random/run-campaign', { timeoutMs: 60_000 });
const bundled = await randomSuite();
/** Only the driver's own folios, which the fake guests play for every variant. */
const { metadata } = bundled.weights.mixes;
const random = {
  ...bundled,
  weights: { ...bundled.weights, mixes: { metadata: metadata ?? { share: 1, operations: {} } } },
};

interface Ran {
  readonly records: readonly TestRecord[];
  readonly events: readonly Event[];
  readonly files: ReadonlyMap<string, string>;
  readonly guests: number;
}

async function run(kernel: string, more: Partial<CampaignOptions> = {}): Promise<Ran> {
  const events: Event[] = [];
  const files = new Map<string, string>();
  let guests = 0;
  await using pool = new RestoringPool({
    restore: () => {
      guests += 1;
      return Promise.resolve(new FakeGuest({ kernel }));
    },
  });
  const records = await runCampaign({
    pool,
    point: 1,
    oracle: modelOracle(),
    knownIssue: known73,
    parseSplats: scanConsole,
    emit: (event) => void events.push(event),
    lanes: 2,
    timeScale: 1,
    suite: random,
    seed: 5,
    minutes: 0.02,
    quota: new Quota(),
    profile: 'default',
    save: (name, text) => Promise.resolve(files.set(name, text)).then(() => `points/1/shrunk/${name}`),
    again: (id) => `ci run --test ${id}`,
    say: () => undefined,
    ...more,
  });
  return { records, events, files, guests };
}

test('a kernel without fault passes every sequence', async () => {
  const { records, files } = await run('b');
  assert.ok(records.length > 0);
  for (const { verdict, reason } of records) assert.ok(verdict === 'pass' || verdict === 'known', reason);
  assert.is(files.size, 0);
});

test('failures are shrunk to scenarios that can be added as they are, each try in a fresh guest', async () => {
  const { records, files, events, guests } = await run('nomemcg', {
    minutes: 0.2,
    suite: { ...random, enough: 3, shrink: { failures: 2, deadlineMs: 30_000 } },
  });
  const failed = records.filter(({ verdict }) => verdict === 'fail');
  assert.ok(failed.length >= 3 && failed.length <= 5, `${failed.length} before no more were drawn`);
  const [told] = records.filter(({ evidence }) => evidence.some((line) => line.startsWith('shrunk from')));
  const [shrunk, again] = told?.evidence.slice(-2) ?? [];
  const [, to, tries, name = ''] =
    /^shrunk from \d+ to (\d+) steps in (\d+) tries: points\/1\/shrunk\/(.*)$/.exec(shrunk ?? '') ?? [];
  assert.ok(Number(to) <= 3 && guests > Number(tries), shrunk);
  const id = name.replace('.yaml', '');
  const [short] = expandScenario(parseYaml(files.get(name) ?? '', name), 'mixed-order', id);
  assert.is(short?.steps.length, Number(to));
  const sequence = sequenceOf('random', again?.replace('again: ci run --test ', '') ?? '');
  assert.ok(sequence?.path !== undefined, again);
  assert.equal(
    drawnCase('random', sequence, random.weights)?.steps,
    short?.steps,
    'the command plays the same',
  );
  assert.match(files.get(name) ?? '', `# seed:       5\n# path:       ${sequence.index},`);
  assert.match(files.get(name) ?? '', `# replayPath: ${sequence.path},`);
  const last = events.findLast((event) => event.type === 'test-end' && event.test.id === told?.id);
  assert.ok(last?.type === 'test-end' && last.test.evidence.includes(shrunk ?? ''), 'the journal has it too');
  const again2 = await run('nomemcg', { suite: { ...random, only: sequence } });
  assert.equal([again2.records.length, again2.records[0]?.verdict, again2.files.size], [1, 'fail', 0]);
});

test('a campaign that ran nothing is an error', async () => {
  const empty = { ...random.weights, mixes: {} };
  const { records, events } = await run('b', { suite: { ...random, weights: empty } });
  assert.equal(
    records.map(({ id, verdict }) => [id, verdict]),
    [['random/5-0', 'error']],
  );
  assert.ok(events.some((event) => event.type === 'test-end' && event.test.verdict === 'error'));
});

test('a path that does not fit is a mistake of the user', async () => {
  const only = { seed: 5, index: 0, path: 'd99' };
  let message = '';
  await run('b', { suite: { ...random, only } }).catch((error: unknown) => (message = String(error)));
  assert.match(message, /there is no random\/5-0\/d99/);
});

test.run();
