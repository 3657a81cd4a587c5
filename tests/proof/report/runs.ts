import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderHtml } from '../../../orchestrator/report/html.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { pageContext } from '../../../orchestrator/cli/table-context.js';
import { recordsContext } from '../../../orchestrator/cli/records-context.js';
import { digestOf } from '../../../orchestrator/report/digest.js';
import type { RunDigest } from '../../../orchestrator/report/digest.js';
import type { PageContext } from '../../../orchestrator/report/page-context.js';
import { testsOf } from '../../../orchestrator/report/words.js';
import type { Event, PointRecord, RunRecord } from '../../../orchestrator/store/records.js';
import { ci } from '../../e2e/support/cli.js';
import { hostile } from './hostile.js';

/** Where the runs and pictures of this proof stay; a run that is there is not made again. */
export const FOLDER =
  process.env['CI_PROOF_RUNS'] ?? path.join(projectRoot(), 'results', 'runs', 'proof-report');

/** Real runs, by name: what `ci run` is asked, and what it must answer. */
const RUNS = {
  good: { argv: ['--suite', 'mixed-order'], code: 0 },
  bad: { argv: ['tests/series/reinit-lost.mbox'], code: 1 },
  hang: { argv: ['tests/series/reinit-lost.mbox', '--test', 'mixed-order/S2b'], code: 1 },
  boot: { argv: ['tests/e2e/series/panic-at-boot.mbox', '--test', 'mixed-order/S1'], code: 1 },
  ten: { argv: ['tests/proof/report/ten-points.mbox', '--suite', 'mixed-order'], code: 1 },
  v3: { argv: ['tests/series/reset-helper-v3.mbox'], code: 0 },
} as const;

/** Versions before one of them, for its trend; they have no page here. */
const BEFORE = {
  v1: { argv: ['tests/series/reset-helper-v1.mbox'], code: 1 },
  v2: { argv: ['tests/series/reset-helper-v2.mbox'], code: 1 },
} as const;

/** Made of a real one: cut off before anything happened; every text from outside replaced by an attack. */
const MADE = {
  empty: (events: readonly Event[]): readonly Event[] => events.slice(0, 1),
  hostile,
} as const;

export type RunName = keyof typeof RUNS | keyof typeof MADE;
export const RUN_NAMES = [...Object.keys(RUNS), ...Object.keys(MADE)] as readonly RunName[];

/** The report of a run as a file, made anew from its events. */
export async function reportOf(name: RunName): Promise<string> {
  // A trend knows only what ran before.
  if (name === 'v3') for (const before of ['v1', 'v2'] as const) await eventsOf(before);
  const events =
    name in MADE
      ? MADE[name as keyof typeof MADE](await eventsOf('bad'))
      : await eventsOf(name as keyof typeof RUNS);
  const file = path.join(FOLDER, `${name}.html`);
  mkdirSync(FOLDER, { recursive: true });
  const run = reduceEvents(events);
  writeFileSync(file, renderHtml({ run, events }, await contextOf(name, run, events)));
  return file;
}

/** Everything that a page can have beside its run: what `ci report` gives it, and earlier versions of a series. */
async function contextOf(name: RunName, run: RunRecord, events: readonly Event[]): Promise<PageContext> {
  const records = await recordsContext(path.join(FOLDER, name));
  return {
    ...(await pageContext(run)),
    ...records,
    trend: name === 'v3' ? await realVersions(run) : madeUpVersions(run, events),
  };
}

async function realVersions(run: RunRecord): Promise<readonly RunDigest[]> {
  const before: RunDigest[] = [];
  for (const name of ['v1', 'v2'] as const) before.push(digestOf(reduceEvents(await eventsOf(name))));
  return [...before, digestOf(run)];
}

/** Two versions before this one, which failed more: the points of the run stand for them. */
function madeUpVersions(run: RunRecord, events: readonly Event[]): readonly RunDigest[] {
  const own = digestOf(run);
  const { series } = own;
  if (series === undefined || events.length < 2) return [own];
  const failing = [...new Set(run.points.map((point) => failingAt(run, point)))].filter(
    ({ length }) => length > 0,
  );
  const [first = [], second = first.slice(0, 40)] = failing;
  const version = (n: number, ids: readonly string[]): RunDigest => ({
    ...own,
    id: `${own.id}-v${n}`,
    startedAt: `2026-01-0${n}T10:00:00.000Z`,
    series: { ...series, version: n },
    verdict: 'bad',
    failing: [...ids],
  });
  return [version(1, first), version(2, second), own];
}

function failingAt(run: RunRecord, point: PointRecord): string[] {
  return testsOf(run, point)
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id }) => id);
}

async function eventsOf(name: keyof typeof RUNS | keyof typeof BEFORE): Promise<readonly Event[]> {
  const dir = path.join(FOLDER, name);
  const file = path.join(dir, 'events.jsonl');
  if (!existsSync(file)) {
    const { argv, code } = { ...RUNS, ...BEFORE }[name];
    const result = await ci(['run', ...argv, '--out', dir]);
    if (result.code !== code)
      throw new Error(
        `ci run ${argv.join(' ')}: exit code ${result.code}, not ${code}\n${result.stderr.slice(-3000)}`,
      );
  }
  return readJournal(file);
}
