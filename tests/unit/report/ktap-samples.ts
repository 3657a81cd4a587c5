import type { Told } from '../../../orchestrator/report/format.js';
import { pointTests } from '../../../orchestrator/report/point-tests.js';
import { hostile, RECORDED, recorded } from './recorded.js';
import { record, sampleRun } from './sample.js';

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

/** Runs with names: recorded ones, and such as attack a parser. */
export const TOLD: readonly (readonly [string, Told])[] = [
  ...RECORDED.map((name) => [name, recorded(name)] as const),
  ['sample', { run: sampleRun(), events: [] }],
  ['hostile', hostile()],
  ['treacherous', treacherous()],
];

/** Counts of leaves as kunit.py names them. */
export function counts({ run }: Told): Record<string, number> {
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
