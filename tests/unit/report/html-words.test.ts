import * as assert from 'uvu/assert';
import { changesOf, pointsInWords } from '../../../orchestrator/report/html/changes.js';
import { storiesOf } from '../../../orchestrator/report/html/stories.js';
import { timelineSection } from '../../../orchestrator/report/html/timeline.js';
import { countedIn, reasonFor, tickInWords } from '../../../orchestrator/report/html/timeline-words.js';
import { renderHtml } from '../../../orchestrator/report/html.js';
import type { PointRecord, RunRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { recorded } from './recorded.js';
import { fullRun, HOSTILE, record, sampleRun, singleRun } from './sample.js';

const test = suite('report/html words');

/** A series of which only is known what became of two tests, point by point. */
function course(...failing: readonly (readonly string[])[]): RunRecord {
  const run = sampleRun();
  const entry = (point: number, id: string) => ({ test: id, point, failureKey: id });
  const of = (i: number): readonly string[] => failing[i] ?? [];
  return {
    ...run,
    points: failing.map((ids, index): PointRecord => ({
      ...(run.points[2] as PointRecord),
      index,
      subject: `patch ${index}`,
      tests: ids.map((id) => record(id, 'fail', { kind: 'hang' })),
    })),
    summary: {
      ...run.summary,
      introduced: failing.flatMap((ids, i) =>
        i === 0 ? [] : ids.filter((id) => !of(i - 1).includes(id)).map((id) => entry(i, id)),
      ),
      fixed: failing.flatMap((ids, i) =>
        i === 0
          ? []
          : of(i - 1)
              .filter((id) => !ids.includes(id))
              .map((id) => entry(i, id)),
      ),
      stillFailing: failing.flatMap((ids, i) =>
        ids.filter((id) => i === 0 || of(i - 1).includes(id)).map((id) => entry(i, id)),
      ),
    },
  };
}

const words = (run: RunRecord): string[] =>
  changesOf(run).map(
    ({ points, sign, clauses }) =>
      `${sign} ${pointsInWords(points, true)} ${clauses.map(({ verb, count }) => `${verb} ${count}`).join(', ')}`,
  );

test('a patch has one line, whatever it did; patches that change nothing have one together', () => {
  assert.equal(words(course([], ['a', 'b'], ['a', 'b'], ['a', 'b'], ['b', 'c'], ['c'], [])), [
    '✗ patch 1 introduces 2',
    '≈ patches 2 and 3 still have 2',
    '✗ patch 4 introduces 1, fixes 1, still has 1',
    '✓ patch 5 fixes 1, still has 1',
    '✓ patch 6 fixes 1',
  ]);
});

test('what the base has and no patch changes is one line', () => {
  assert.equal(words(course(['a'], ['a'], ['a'])), ['≈ the base and patches 1 and 2 still have 1']);
});

test('points in words', () => {
  assert.is(pointsInWords([0], true), 'the base');
  assert.is(pointsInWords([3], true), 'patch 3');
  assert.is(pointsInWords([0, 1, 2, 3], true), 'the base and patches 1 to 3');
  assert.is(pointsInWords([0], false), 'the tree');
});

test('points that were cut off for one reason are told once', () => {
  const { run, events } = recorded('good');
  const cut: RunRecord = {
    ...run,
    verdict: 'infra',
    points: run.points.map((point) => ({ ...point, verdict: 'infra', reason: 'cut off', tests: [] })),
  };
  const page = renderHtml({ run: cut, events });
  assert.is([...page.matchAll(/not done: cut off/g)].length, 1);
});

test('a point that was tested and cannot be judged is not called untested', () => {
  const run = sampleRun();
  const points = run.points.map((point) =>
    point.index === 3 ? { ...point, verdict: 'skip' as const, reason: 'too flaky to tell' } : point,
  );
  const page = renderHtml({ run: { ...run, points }, events: recorded('good').events });
  assert.match(page, '<b>patch 3</b> cannot be judged: too flaky to tell');
});

test('the axis of time has round words', () => {
  assert.equal([0, 500, 10_000, 60_000, 90_000, 600_000].map(tickInWords), [
    '0',
    '500 ms',
    '10 s',
    '1 min',
    '1 min 30 s',
    '10 min',
  ]);
});

test('the time line says why nothing was done', () => {
  const run = sampleRun();
  const reasons = run.points.map((point) => reasonFor(point, run));
  assert.is(reasons[1], 'same kernel as the base: not booted again');
  assert.is(reasons[2], undefined);
  const failed = { ...(run.points[2] as PointRecord), build: { status: 'failed', durationMs: 1 } as const };
  assert.is(reasonFor(failed, run), 'does not compile');
  assert.match(countedIn(run, 2), /^\d+ tests, 5 failed$/);
});

test('bars of the time line that have room say what they are', () => {
  const { run, events } = recorded('order-9-to-0');
  const text = timelineSection(run, events)?.text ?? '';
  assert.match(text, /class="t-in[^>]*>\d+ tests, \d+ failed/);
  assert.match(text, 'class="t-remark"');
});

test('a label of the time line ends before the bars, whatever its subject is made of', () => {
  const { run, events } = recorded('order-9-to-0');
  const points = run.points.map((point) => ({ ...point, subject: HOSTILE }));
  const text = timelineSection({ ...run, points }, events)?.text ?? '';
  const labels = [...text.matchAll(/<text x="0" y="\d+">([^<]*)<\/text>/g)].map(([, label = '']) => label);
  assert.ok(labels.length >= points.length);
  for (const label of labels) assert.ok(label.replace(/&#\d+;/g, '?').length <= 30, label);
});

test('a kernel that crashed alike at both attempts to boot is told once, with a command that exists', () => {
  const { run, events } = recorded('boot-lost');
  const text = storiesOf(run, events).sections.text;
  assert.is([...text.matchAll(/The kernel said/g)].length, 1);
  assert.match(text, '2 times');
  assert.not.match(text, '--suite boot');
  assert.not.match(text, 'model explain');
});

test('what somebody looked at and excused is told, with what was said, and is no failure of the patch', () => {
  const { run } = fullRun();
  const page = renderHtml({ run, events: recorded('good').events });
  const [entry] = run.summary.triaged ?? [];
  assert.match(page, `1 test was looked at and excused: ${entry?.test}`);
  assert.match(page, 'Patch 2: 1 looked at and excused');
  assert.match(page, 'triaged as unrelated, fails on the base under load too');
  assert.match(page, /<td class="v-triaged"><a href="#s\d+">t stale<\/a>/);
  assert.match(page, '<b>patch 2</b> introduces <b class="bad">4 failures</b>');
});

test('without a series the tree has what fails', () => {
  assert.match(
    renderHtml({ run: singleRun(), events: recorded('tree').events }),
    '<b>the tree</b> has <b class="bad">',
  );
});

test.run();
