import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderHtml } from '../../../orchestrator/report/html.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { Event } from '../../../orchestrator/store/records.js';
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
  const events =
    name in MADE
      ? MADE[name as keyof typeof MADE](await eventsOf('bad'))
      : await eventsOf(name as keyof typeof RUNS);
  const file = path.join(FOLDER, `${name}.html`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, renderHtml({ run: reduceEvents(events), events }, {}));
  return file;
}

async function eventsOf(name: keyof typeof RUNS): Promise<readonly Event[]> {
  const dir = path.join(FOLDER, name);
  const file = path.join(dir, 'events.jsonl');
  if (!existsSync(file)) {
    const { argv, code } = RUNS[name];
    const result = await ci(['run', ...argv, '--out', dir]);
    if (result.code !== code)
      throw new Error(
        `ci run ${argv.join(' ')}: exit code ${result.code}, not ${code}\n${result.stderr.slice(-3000)}`,
      );
  }
  return readJournal(file);
}
