import * as assert from 'uvu/assert';
import type { Suite } from '../../harness/suite.js';
import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import type { PointFacts } from '../../../orchestrator/verdict/point-tests.js';
import { comparePoints } from '../../../orchestrator/verdict/points.js';
import type { BuildRecord, Splat, Summary, TestRecord } from '../../../orchestrator/store/records.js';

export type Short = Record<string, string>;

/** `{ a: 'pass', b: 'fail key', c: 'flaky 3/30', d: 'pass x60', e: 'skip why', f: 'error', g: 'known id' }` */
export function tests(short: Short): TestRecord[] {
  return Object.entries(short).map(([id, text]): TestRecord => {
    const [verdict = '', rest = ''] = text.split(/ (.*)/);
    const flaky = /^(\d+)\/(\d+)$/.exec(rest);
    const repeated = /^x(\d+)$/.exec(rest);
    const runs = Number(flaky?.[2] ?? repeated?.[1] ?? 1);
    const failed = verdict === 'fail' || verdict === 'flaky';
    return {
      id,
      suite: 's',
      verdict: verdict as TestRecord['verdict'],
      ...(failed
        ? { kind: 'stale-field', failureKey: flaky === null ? rest || `key ${id}` : `key ${id}` }
        : {}),
      runs,
      matches: verdict === 'fail' ? runs : Number(flaky?.[1] ?? 0),
      ...(verdict === 'skip' || verdict === 'error' ? { reason: rest || 'did not finish' } : {}),
      deviations:
        verdict === 'known'
          ? [{ kind: 'stale-field', step: 1, field: 'f', expected: '0', found: '1', known: rest }]
          : [],
      splats: [],
      evidence: [],
      durationMs: 1,
      reused: false,
    };
  });
}

export const boots = bootRecord({ booted: true, attempts: 1, durationMs: 1 });
export const lost = bootRecord({ booted: false, attempts: 2, reason: 'no output for 60 s', durationMs: 1 });
export const lostOnce = bootRecord({ booted: false, attempts: 1, durationMs: 1 });

type Extra = Partial<PointFacts> & { status?: BuildRecord['status']; error?: string };

export function point(short: Short, extra: Extra = {}): Omit<PointFacts, 'index'> {
  const { status = 'built', error, ...rest } = extra;
  const build = { status, durationMs: 1, ...(error === undefined ? {} : { error }) };
  return { subject: 'a patch', build, tests: [boots, ...tests(short)], splats: [], ...rest };
}
export const noTests = (extra: Extra): Omit<PointFacts, 'index'> => ({ ...point({}, extra), tests: [] });
export const noBoot = (record: TestRecord): Omit<PointFacts, 'index'> => ({ ...point({}), tests: [record] });

export const splat = (title: string): Splat => ({
  title,
  altTitles: [],
  frames: ['f'],
  corrupted: false,
  text: '',
  fields: {},
});

export interface Row {
  readonly name: string;
  readonly points: readonly Omit<PointFacts, 'index'>[];
  /** Verdicts of the points, in order. */
  readonly verdicts: string;
  readonly exit: number;
  /** Part of the last point's reason. */
  readonly reason?: string;
  /** `point test` of each list that is not empty. */
  readonly summary?: Partial<Record<keyof Summary, readonly string[]>>;
  readonly single?: boolean;
}

/** A test for each row: the points are compared, and what comes of them is what the row says. */
export function testRows(test: Suite, rows: readonly Row[]): void {
  for (const row of rows)
    test(row.name, () => {
      const facts = row.points.map((one, index) => ({ ...one, index }));
      const judged = comparePoints(facts, row.single !== true);
      assert.is(judged.points.map(({ verdict }) => verdict).join(' '), row.verdicts);
      assert.is(judged.exitCode, row.exit);
      const lists: Record<string, string[]> = {};
      for (const [key, entries = []] of Object.entries(judged.summary)) {
        if (entries.length > 0) lists[key] = entries.map((entry) => `${entry.point} ${entry.test}`);
      }
      assert.equal(lists, row.summary ?? {});
      const reason = judged.points.at(-1)?.reason ?? '';
      if (row.reason !== undefined) assert.ok(reason.includes(row.reason), reason);
      for (const one of judged.points) assert.ok(one.reason !== '' && !one.reason.includes('\n'));
    });
}
