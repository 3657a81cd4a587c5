import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { ReportContext, Told } from '../../../orchestrator/report/format.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import type { Event } from '../../../orchestrator/store/records.js';
import { HOSTILE, issue, sampleRun } from './sample.js';

const RUNS = 'tests/fixtures/runs';

/** Names of the recorded runs, real ones that were cut down to a few tests. */
export const RECORDED: readonly string[] = readdirSync(RUNS).toSorted();

export const context: ReportContext = {
  columns: 100,
  colour: false,
  runDirectory: 'results/runs/ID',
  knownIssues: [issue],
};

/** A recorded run, as `ci report` has it. */
export function recorded(name: string): Told {
  const events = readJournal(path.join(RUNS, name, 'events.jsonl'));
  return { events, run: reduceEvents(events) };
}

/** A run in which everything that comes from outside attacks whoever reads it. */
export function hostile(): Told {
  const run = sampleRun();
  const points = run.points.map((point) => ({
    ...point,
    subject: HOSTILE,
    reason: HOSTILE,
    notCompiled: [HOSTILE],
    tests: point.tests.map((test) => ({
      ...test,
      reason: HOSTILE,
      failureKey: HOSTILE,
      deviations: test.deviations.map((one) => ({ ...one, story: HOSTILE, found: HOSTILE })),
      splats: test.splats.map((splat) => ({ ...splat, title: HOSTILE, text: `${HOSTILE}\n]]>\n${HOSTILE}` })),
    })),
  }));
  const series = {
    source: HOSTILE,
    title: HOSTILE,
    version: 2,
    patches: 4,
    subject: HOSTILE,
    author: `${HOSTILE} <a@b>`,
    messageId: `${HOSTILE}@example.org`,
  };
  const evil = { ...run, series, points };
  const events: Event[] = [{ t: 0, type: 'run-start', run: evil }];
  return { run: evil, events };
}

/** Compares with a file; UPDATE_GOLDENS=1 writes it. */
export function golden(file: string, text: string): void {
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(file, text);
  assert.ok(existsSync(file), `${file} is missing: a golden that is not there is a failure`);
  assert.is(text, readFileSync(file, 'utf8'), `${file} (UPDATE_GOLDENS=1 writes it)`);
}
