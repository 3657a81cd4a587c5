import * as assert from 'uvu/assert';
import { busyCores, intervalMs, LoadSampler } from '../../../orchestrator/run/load.js';
import type { Event } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/load');

test('busy processors are the part of the time that was not idle', () => {
  const before = { cores: 2, idle: 1000, total: 4000 };
  assert.is(busyCores(before, { cores: 2, idle: 1500, total: 6000 }), 1.5);
  assert.is(busyCores(before, { cores: 2, idle: 3000, total: 6000 }), 0);
  assert.is(busyCores(before, { cores: 2, idle: 1000, total: 6000 }), 2);
});

test('idle time that some kernels let go backwards gives no impossible number', () => {
  const before = { cores: 2, idle: 1000, total: 4000 };
  assert.is(busyCores(before, { cores: 2, idle: 900, total: 6000 }), 2);
  assert.is(busyCores(before, before), undefined);
});

test('samples become rarer, so that a run of a day has a few thousand', () => {
  let [samples, ms] = [0, 0];
  for (; ms < 86_400_000; samples++) ms += intervalMs(samples);
  assert.ok(samples < 2500, String(samples));
  assert.is(intervalMs(0), 1000);
});

test('a sample says how many processors there are, and comes no more when it is stopped', async () => {
  const events: Event[] = [];
  const sampler = new LoadSampler((event) => events.push(event));
  await new Promise((resolve) => setTimeout(resolve, 60));
  sampler.sample();
  sampler.stop();
  const [event] = events;
  assert.ok(event?.type === 'load' && event.cores >= 1 && event.busy <= event.cores);
  assert.is(events.length, 1);
});

test.run();
