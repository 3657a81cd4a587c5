import type { TestRecord } from '../../store/records.js';
import { runScenario } from '../run-scenario.js';
import type { Case } from '../schema.js';
import { openSession } from '../session.js';
import type { GuestSession } from '../session.js';
import { caseOf, idOf, sequenceOf } from './case.js';
import { pathText } from './edit.js';
import { needsOf } from './draw.js';
import { failedAt, shrinkKey } from './key.js';
import type { CampaignOptions } from './run-campaign.js';
import { scenarioText } from './scenario-text.js';
import { shrink } from './shrink.js';
import type { Shrunk } from './shrink.js';

/**
 * Shrinks one failure of each failure key, as many as the suite says, each try alone in a fresh guest. The records of those say
 * where the scenario is. What only came some of the times, or only after what ran before it, is left as it is where no try
 * brings it back.
 */
export async function shrinkFailures(
  records: readonly TestRecord[],
  cases: ReadonlyMap<string, Case>,
  options: CampaignOptions,
): Promise<TestRecord[]> {
  const chosen = chooseFailures(records, cases, options.suite.shrink.failures);
  const done = new Map<string, TestRecord>();
  for (const [index, { record, test }] of chosen.entries()) {
    options.signal?.throwIfAborted();
    options.say(`shrinks failure ${index + 1} of ${chosen.length}`);
    const told = await shrinkOne(record, test, options);
    done.set(record.id, told);
    options.emit({ t: Date.now(), type: 'test-end', point: options.point, test: told });
  }
  return records.map((record) => done.get(record.id) ?? record);
}

interface Failure {
  readonly record: TestRecord;
  readonly test: Case;
}

/** Of each failure key the one that fails first; the shortest ones, since they say most. */
export function chooseFailures(
  records: readonly TestRecord[],
  cases: ReadonlyMap<string, Case>,
  most: number,
): readonly Failure[] {
  const byKey = new Map<string, Failure & { readonly at: number }>();
  for (const record of records) {
    const test = cases.get(record.id);
    if (record.verdict !== 'fail' || test === undefined) continue;
    const at = failedAt(record) ?? test.steps.length;
    const key = shrinkKey(record);
    if (at < (byKey.get(key)?.at ?? Number.POSITIVE_INFINITY)) byKey.set(key, { record, test, at });
  }
  return [...byKey.values()].sort((one, other) => one.at - other.at).slice(0, most);
}

async function shrinkOne(record: TestRecord, test: Case, options: CampaignOptions): Promise<TestRecord> {
  const end = performance.now() + options.suite.shrink.deadlineMs * options.timeScale;
  const key = shrinkKey(record);
  const at = failedAt(record) ?? test.steps.length;
  const behind = test.steps.length - at;
  const shrunk = await shrink(
    test.steps,
    behind > 0 ? [{ kind: 'drop', at: at + 1, count: behind }] : [],
    (steps) => failsAlike({ ...test, steps }, key, options),
    () => performance.now() < end,
  );
  const name = sequenceOf(test.suite, test.id);
  if (name === undefined) throw new Error(`${test.id} is no sequence`);
  const replayPath = pathText(shrunk.path);
  const id = idOf(test.suite, { ...name, path: replayPath });
  const text = textOf(record, test, shrunk, { ...name, path: replayPath });
  const file = await options.save(`${scenarioId(test)}.yaml`, text);
  const [from, to] = [test.steps.length, shrunk.steps.length];
  const words = `shrunk from ${from} to ${to} ${to === 1 ? 'step' : 'steps'} in ${shrunk.tries} tries${
    shrunk.done ? '' : ' (no time for more)'
  }: ${file}`;
  return {
    ...record,
    evidence: [...record.evidence, words, `again: ${options.again(id)}`],
  };
}

const scenarioId = ({ id }: Case): string => id.replaceAll('/', '-');

function textOf(
  record: TestRecord,
  test: Case,
  { steps, tries, done }: Shrunk,
  name: { readonly seed: number; readonly index: number; readonly path: string },
): string {
  const { seed, index, path } = name;
  const short = caseOf(test.suite, name, steps);
  const key = record.failureKey ?? record.kind ?? 'failure';
  return scenarioText(
    {
      id: scenarioId(test),
      title: `Shrunk from a generated sequence, ${key}`,
      guards: `Fails with ${key}. Say here what goes wrong in the kernel when it does.`,
      origin: `Generated campaign of seed ${seed}, sequence ${index}`,
      features: needsOf(steps),
      comments: [
        `Shrunk from ${test.steps.length} steps to ${steps.length} in ${tries} tries, each in a fresh guest${
          done ? '' : '; there was no time for more'
        }.`,
        `failure:    ${oneLine(record.reason?.split('; ')[0] ?? key)}`,
        `seed:       ${seed}`,
        `path:       ${index}, which sequence of the campaign it was`,
        `replayPath: ${path}, what was left out (d), made simpler (s, m) and done by the driver itself (o), in order`,
        `again:      ./ci run --suite ${test.suite} --test '${short.id}'`,
      ],
    },
    steps,
  );
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** One run in a guest of its own. A guest that cannot be had, or used, shows nothing. */
async function failsAlike(test: Case, key: string, options: CampaignOptions): Promise<boolean> {
  let session: GuestSession;
  try {
    session = await openSession(options, true);
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
  try {
    const outcome = await runScenario(test, session, withoutJournal(options));
    return outcome.verdict === 'fail' && shrinkKey(outcome) === key;
  } finally {
    await session.guest.discard();
  }
}

/** Steps of tries are no steps of the test. */
function withoutJournal({ oracle, knownIssue, timeScale, signal }: CampaignOptions): {
  readonly oracle: CampaignOptions['oracle'];
  readonly knownIssue: CampaignOptions['knownIssue'];
  readonly timeScale: number;
  readonly signal?: AbortSignal;
} {
  return { oracle, knownIssue, timeScale, ...(signal && { signal }) };
}
