import type { BisectOptions } from '../../../orchestrator/bisect/options.js';
import type { BisectPoint, BisectRecord } from '../../../orchestrator/bisect/record.js';
import { failing } from './fake-lab.js';

export const withoutSeries: BisectOptions = {
  source: '7.3',
  suites: ['mixed-order'],
  profile: 'default',
  fragments: [],
  makeOptions: [],
  accel: 'auto',
  machine: 'x86_64',
  jobs: 2,
  fix: false,
  confidence: 0.95,
  maxRuns: 1000,
};

export const bisectOptions: BisectOptions = { ...withoutSeries, series: '/somewhere/series.mbox' };

export function pointOf(number: number, fields: Partial<BisectPoint> = {}): BisectPoint {
  return {
    number,
    commit: String(number).repeat(40).slice(0, 40),
    label: number === 0 ? 'base' : `${number}/4`,
    subject: `mm: change ${number}`,
    author: 'A Developer <dev@example.org>',
    parents: number === 0 ? [] : [number - 1],
    posterior: 0,
    match: 0,
    pass: 0,
    other: 0,
    infra: 0,
    ...fields,
  };
}

const rate = { matches: 9, runs: 31, estimate: 9 / 31, low: 0.142, high: 0.48 };

/** A bisect of four patches: the third is the culprit, the second cannot be built. */
export const bisectRecord: BisectRecord = {
  schemaVersion: 1,
  toolVersion: '1.0.0',
  id: '20260119-060005-3fa9c1',
  startedAt: '2026-01-19T06:00:05.000Z',
  finishedAt: '2026-01-19T06:20:05.000Z',
  change: 'introduced',
  kind: 'series',
  title: 'mm: four changes',
  profile: 'default',
  machine: { name: 'x86_64', qemuVersion: 'QEMU 10.0.0', accelerator: 'tcg' },
  target: { test: 'mixed-order/S1', keys: ['data x'] },
  foundBy: 'the first failure that came',
  failure: { ...failing('data x', 'mixed-order/S1'), reason: 'step 4: page 3 has other data' },
  verdict: 'culprit',
  exitCode: 0,
  culprits: [3],
  posterior: 0.9934,
  endRate: rate,
  rate,
  checks: [
    { name: 'culprit', result: 'pass', at: ['3/4 "mm: change 3"'], wanted: 14, why: '4 matches in 12 runs' },
    { name: 'parent', result: 'pass', at: ['1/4 "mm: change 1"'], wanted: 14, why: '0 matches in 14 runs' },
    {
      name: 'cure',
      result: 'could not',
      at: ['the new end without 3/4'],
      wanted: 14,
      why: 'git cannot take it back',
    },
    { name: 'no-op', result: 'pass', at: [], wanted: 0, why: 'its kernel differs from that of its parent' },
  ],
  points: [
    pointOf(0, { pass: 10, posterior: 0.0004 }),
    pointOf(1, { pass: 14, posterior: 0.0062 }),
    pointOf(2, { untestable: 'does not compile: mm/x.c:3: error' }),
    pointOf(3, { match: 4, pass: 8, posterior: 0.9934, messageId: '<20260112.3@example.org>' }),
    pointOf(4, { match: 5, pass: 14 }),
  ],
  without: [
    {
      commits: [3],
      label: 'the new end without 3/4',
      match: 0,
      pass: 0,
      other: 0,
      infra: 0,
      untestable: 'git cannot take it back',
    },
  ],
  others: [],
  cost: {
    runs: 55,
    kernelsBuilt: 4,
    wallMs: 1_200_000,
    buildMs: 90_000,
    testMs: 1_100_000,
    cpuMs: 1_900_000,
    criticalMs: 1_110_000,
    ratio: 1.08,
    processors: 2,
  },
  gitBisectLog: 'git bisect start\n',
  replayIn: '/src/linux',
  notes: [],
};
