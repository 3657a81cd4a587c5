import * as assert from 'uvu/assert';
import { costOf } from '../../../orchestrator/bisect/cost.js';
import { cpuMsIn } from '../../../orchestrator/bisect/cpu-time.js';
import type { BisectEvent } from '../../../orchestrator/bisect/events.js';
import { suite } from '../../harness/suite.js';
import { bisectOptions } from './records.js';

const test = suite('bisect/cost');
const at = { kind: 'commit', commit: 0 } as const;
const costs = { buildSeconds: 1, runSeconds: 1, lanes: 2 };

const START: BisectEvent = {
  t: 1000,
  type: 'start',
  toolVersion: '1',
  options: bisectOptions,
  commits: [],
  costs,
};
const built = (t: number, ms: number, ahead: boolean): BisectEvent => ({
  t,
  type: 'built',
  at,
  status: 'built',
  signature: 's',
  ms,
  ahead,
});
const batch = (t: number, waitedMs: number, testMs: number): BisectEvent => ({
  t,
  type: 'batch',
  waitedMs,
  testMs,
});
const end = (t: number, cpuMs: number): BisectEvent => ({ t, type: 'end', cpuMs, answered: false });

test('the critical path: the first kernel, and every batch of runs', () => {
  const events = [
    START,
    built(5000, 4000, false),
    batch(9000, 4000, 4000),
    built(8000, 3000, true),
    batch(16_000, 0, 7000),
    end(16_000, 18_000),
  ];
  const cost = costOf(events, 2, 16_000);
  assert.is(cost.criticalMs, 15_000);
  assert.is(cost.wallMs, 15_000);
  assert.is(cost.buildMs, 7000);
  assert.is(cost.kernelsBuilt, 2);
  assert.is(cost.ratio, 1);
});

test('where processor time is what limits, it is what counts', () => {
  const cost = costOf([START, batch(20_000, 0, 4000), end(21_000, 32_000)], 2, 21_000);
  assert.is(cost.ratio, 20 / 16);
});

test('the time between a kill and the resume is nobody’s', () => {
  const events: BisectEvent[] = [
    START,
    batch(3000, 0, 2000),
    { t: 90_000, type: 'resume' },
    batch(95_000, 0, 5000),
    end(95_000, 1),
  ];
  assert.is(costOf(events, 2, 95_000).wallMs, 7000);
});

test('times of a process and its children out of /proc/PID/stat', () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3));
  // utime is field 14: ticks of a hundredth second.
  assert.is(cpuMsIn(`42 (a ) name) ${fields.join(' ')}`), (14 + 15 + 16 + 17) * 10);
});

test.run();
