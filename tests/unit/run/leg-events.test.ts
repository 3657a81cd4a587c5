import * as assert from 'uvu/assert';
import { LegEvents } from '../../../orchestrator/run/leg-events.js';
import type { Event } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/leg-events');

const guest: Event = {
  t: 1,
  type: 'guest',
  point: 0,
  guest: {
    kernel: '7.3.4',
    chunk: { pages: 2048, pfn: '0x0', vmemmap: '0x0', pgmap: '0x0' },
    layout: {},
    freshFlags: '0x0',
  },
};

test('the guest of a kernel is told once, with its profile where there are several', () => {
  for (const several of [false, true]) {
    const told: Event[] = [];
    const events = new LegEvents((event) => told.push(event), 'kasan', several);
    events.emit(guest);
    events.emit({ ...guest, t: 2 });
    assert.equal(told, [several ? { ...guest, profile: 'kasan' } : guest]);
  }
});

test('the steps of a test carry the profile in the id of the test', () => {
  const told: Event[] = [];
  const events = new LegEvents((event) => told.push(event), 'kasan', true);
  events.emit({ t: 1, type: 'step', point: 0, id: 'mixed-order/S1', step: 1, op: {}, reply: {} });
  assert.is(told[0]?.type === 'step' && told[0].id, 'mixed-order/S1@kasan');
});

test.run();
