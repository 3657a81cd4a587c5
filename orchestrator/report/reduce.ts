import { CiError } from '../process/errors.js';
import type { Event, PointRecord, RunRecord, TestRecord } from '../store/records.js';
import { comparePoints } from '../verdict/points.js';

const UNFINISHED = 'did not finish';
const CUT = 'the run was cut off before this point was done';

/**
 * Makes the record of a run from its events alone, so that every report can be made again. A run that was cut off
 * gives the same shape: tests that had started and points without an end are errors of ours ("did not finish"), and
 * the verdicts are those of what is there.
 * @throws CiError('infra') where the events do not begin with the start of a run
 */
export function reduceEvents(events: readonly Event[]): RunRecord {
  if (events[0]?.type !== 'run-start') {
    throw new CiError('infra', 'the events do not begin with the start of a run', {
      remedy: 'the file is not an events.jsonl, or its beginning is lost',
    });
  }
  // What is found out later (the accelerator, the argv of QEMU) is told by a further start; the last one holds.
  const start = events.findLast((event) => event.type === 'run-start')?.run ?? events[0].run;
  const points = new Map(start.points.map((point) => [point.index, open(point)]));
  let end: (Event & { type: 'run-end' }) | undefined;
  // What the end of a point has is all there is of it, so that its thousand tests need not be put together one by one.
  const complete = new Set(
    events.flatMap((event) => (event.type === 'point-end' ? [event.point.index] : [])),
  );
  for (const event of events) {
    if (event.type === 'run-end') end = event;
    else if (!('point' in event && typeof event.point === 'number' && complete.has(event.point)))
      apply(points, event);
  }
  const done = [...points.values()].toSorted((a, b) => a.record.index - b.record.index);
  if (end !== undefined) {
    const { verdict, exitCode, summary, timings } = end;
    const finishedAt = new Date(end.t).toISOString();
    return {
      ...start,
      finishedAt,
      points: done.map(({ record }) => record),
      verdict,
      exitCode,
      summary,
      timings,
    };
  }
  return cutOff(start, done, events.at(-1)?.t ?? 0);
}

interface Open {
  readonly record: PointRecord;
  /** Its own end has been reported. */
  readonly ended: boolean;
  readonly built: boolean;
}

function open(record: PointRecord): Open {
  return { record, ended: false, built: false };
}

function apply(points: Map<number, Open>, event: Event): void {
  switch (event.type) {
    case 'point-end':
      points.set(event.point.index, { record: event.point, ended: true, built: true });
      return;
    case 'point-built': {
      const point = of(points, event.index);
      const { build, notCompiled, kernelSignature } = event;
      const signature = kernelSignature === undefined ? {} : { kernelSignature };
      points.set(event.index, {
        ...point,
        built: true,
        record: { ...point.record, build, notCompiled, ...signature },
      });
      return;
    }
    case 'test-start':
      keep(points, event.point, unfinished(event.id, event.suite));
      return;
    case 'test-end':
      keep(points, event.point, event.test);
      return;
    case 'run-start':
    case 'run-end':
    case 'station':
    case 'guest':
    case 'load':
    case 'step':
      return;
  }
}

function of(points: Map<number, Open>, index: number): Open {
  const build = { status: 'not-run', durationMs: 0 } as const;
  return (
    points.get(index) ??
    open({
      index,
      commit: '',
      subject: '',
      verdict: 'infra',
      reason: CUT,
      build,
      tests: [],
      splats: [],
      notCompiled: [],
    })
  );
}

/** Adds a test, or replaces what was known of it. */
function keep(points: Map<number, Open>, index: number, test: TestRecord): void {
  const point = of(points, index);
  // A program that announces only itself at its start has come to its end when the first of its tests is told.
  const known = point.record.tests.filter(({ id, runs }) => id === test.id || id !== test.suite || runs > 0);
  const at = known.findIndex(({ id }) => id === test.id);
  const tests = at < 0 ? [...known, test] : known.with(at, test);
  points.set(index, { ...point, record: { ...point.record, tests } });
}

function unfinished(id: string, suite: string): TestRecord {
  return {
    id,
    suite,
    verdict: 'error',
    runs: 0,
    matches: 0,
    reason: UNFINISHED,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 0,
    reused: false,
  };
}

/** The record of a run without an end. Points that had ended keep their verdict; the others are judged as they are. */
function cutOff(start: RunRecord, points: readonly Open[], lastMs: number): RunRecord {
  const facts = points.map(({ record, ended }) => (ended ? record : { ...record, infra: CUT }));
  const judged = comparePoints(facts, start.series !== undefined);
  const records = points.map(({ record, ended, built }) => {
    const verdict = judged.points.find(({ index }) => index === record.index);
    if (ended || verdict === undefined) return record;
    return built
      ? { ...record, verdict: verdict.verdict, reason: verdict.reason }
      : { ...record, verdict: 'infra' as const, reason: CUT };
  });
  const finishedAt = new Date(lastMs).toISOString();
  const { summary } = judged;
  const bad = records.some(({ verdict }) => verdict === 'bad');
  return {
    ...start,
    finishedAt,
    points: records,
    summary,
    verdict: bad ? 'bad' : 'infra',
    exitCode: bad ? 1 : 128,
  };
}
