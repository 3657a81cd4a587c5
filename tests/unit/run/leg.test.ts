import * as assert from 'uvu/assert';
import { LegEvents } from '../../../orchestrator/run/leg-events.js';
import { newLeg, stoppedLegs } from '../../../orchestrator/run/leg.js';
import type { Leg } from '../../../orchestrator/run/leg.js';
import type { AppliedPoint } from '../../../orchestrator/series/types.js';
import type { Event, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/leg');

const point = (index: number): AppliedPoint => ({
  index,
  commit: `c${index}`,
  tree: `t${index}`,
  subject: '',
  changed: ['mm/memremap.c'],
});
const artifact = { signature: 'x' } as unknown as NonNullable<Leg['artifact']>;
const result: TestRecord = {
  id: 's/T',
  suite: 's',
  verdict: 'fail',
  runs: 1,
  matches: 1,
  deviations: [],
  splats: [],
  evidence: [],
  durationMs: 1,
  reused: false,
};

test('a run that was stopped: what is complete stays, the rest says so and keeps its results', () => {
  const points = [0, 1, 2, 3, 4, 5].map(point);
  const leg = (index: number, more: Partial<Leg>): Leg => ({
    ...newLeg(points[index] ?? point(index), 'default'),
    ...more,
  });
  const legs = [
    leg(0, { artifact, tested: true, tests: [result] }),
    leg(1, { artifact, inheritedFrom: 0 }),
    leg(2, { build: { status: 'failed', durationMs: 1 } }),
    leg(3, { artifact, notCompiled: ['mm/memremap.c'] }),
    leg(4, { artifact, tests: [result] }),
  ];
  const stopped = stoppedLegs(points, ['default'], legs, 'no space left');
  assert.equal(
    stopped.map(({ infra }) => infra),
    [
      undefined,
      undefined,
      undefined,
      undefined,
      'did not finish: no space left',
      'did not finish: no space left',
    ],
  );
  assert.equal(stopped[4]?.tests, [result]);
  assert.is(stoppedLegs(points, ['default', 'kasan'], legs, 'x').length, 12);
});

test('with several profiles the events of one do not hide those of another', () => {
  const seen: Event[] = [];
  const end: Event = { t: 1, type: 'test-end', point: 1, test: result };
  const several = new LegEvents((event) => seen.push(event), 'kasan', true);
  several.emit({ t: 1, type: 'test-start', point: 1, id: 's/T', suite: 's' });
  several.emit(end);
  new LegEvents((event) => seen.push(event), 'default', false).emit(end);
  assert.equal(
    seen.map((event) =>
      event.type === 'test-end' ? event.test.id : event.type === 'test-start' ? event.id : '',
    ),
    ['s/T@kasan', 's/T@kasan', 's/T'],
  );
  assert.equal(several.tests, [result]);
});

test.run();
