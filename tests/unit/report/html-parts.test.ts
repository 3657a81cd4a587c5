import path from 'node:path';
import * as assert from 'uvu/assert';
import { StepLog } from '../../../orchestrator/report/attempts.js';
import { ChunkPool } from '../../../orchestrator/report/html/chunk-pool.js';
import { Guests } from '../../../orchestrator/report/html/guests.js';
import { memoryOf } from '../../../orchestrator/report/html/memory.js';
import { Patterns } from '../../../orchestrator/report/html/patterns.js';
import { pictureOf, runAt } from '../../../orchestrator/report/html/picture.js';
import type { Picture } from '../../../orchestrator/report/html/picture.js';
import { replay } from '../../../orchestrator/report/html/replay.js';
import { readPage } from '../../../orchestrator/report/html/reading.js';
import { courseOf } from '../../../orchestrator/report/html/spans.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { Event, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('report/html parts');
const fixture = (name: string): readonly Event[] =>
  readJournal(path.join(projectRoot(), 'tests', 'fixtures', 'runs', name, 'events.jsonl'));

/** Recorded with the pages of every step: order 9 → order 0 on a kernel without the re-initialisation. */
const recorded = fixture('order-9-to-0');
const patterns = new Patterns();
const guests = new Guests(recorded);

function testAt(events: readonly Event[], point: number, id: string): TestRecord {
  const found = reduceEvents(events).points[point]?.tests.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id} at point ${point}`);
  return found;
}

function picture(id: string): Picture {
  const record = testAt(recorded, 2, id);
  const guest = guests.of(2, id);
  const played = replay(new StepLog(recorded).of(2, record), record, guest, new ChunkPool());
  const drawn = played && pictureOf(played, guest.place, patterns, new Map());
  if (drawn === undefined) throw new Error(`no picture of ${id}`);
  return drawn;
}

test('the guest tells its own layout and pages', () => {
  assert.ok(guests.of(2, 'mixed-order/S2').told);
  assert.equal(picture('mixed-order/S2').source, { kind: 'guest' });
});

test('an order-9 folio that is freed and used again at order 0: roles, and what the stale bytes are read as', () => {
  const { pages, frames } = picture('mixed-order/S2');
  assert.is(pages, 512);
  const words = frames.map(({ runs }) =>
    runs.map(
      ({ pages: n, role, life, wrong, reads }) => `${n} ${life} ${role}${wrong ? ` read as ${reads}` : ''}`,
    ),
  );
  assert.equal(words, [
    ['1 live head', '1 live tail1', '1 live tail2', '509 live tail'],
    ['1 free head', '1 free tail1', '1 free tail2', '509 free tail'],
    ['1 free head', '1 live order0 read as tail1', '1 free tail2', '509 free tail'],
  ]);
});

test('the words of the stale page have the fields of both readings', () => {
  const run = runAt(picture('mixed-order/S2').frames[2] ?? { step: 0, silent: false, runs: [] }, 1);
  assert.ok(run);
  const { place } = guests.of(2, 'mixed-order/S2');
  const value = (role: 'order0' | 'tail1', number: number, name: string): string | undefined =>
    readPage(place, role, patterns.words(number, 1)).find((field) => field.name === name)?.value;
  assert.match(value('order0', run.guest, 'flags') ?? '', /^PG_locked, PG_uptodate/);
  assert.match(value('tail1', run.guest, 'flags') ?? '', /^order 9, PG_large_rmappable/);
  assert.match(value('order0', run.guest, 'memcg_data') ?? '', '0x200');
  assert.is(value('tail1', run.guest, '_nr_pages'), '512');
  assert.is(value('order0', run.model, 'pgmap'), 'pgmap');
  assert.is(value('order0', run.model, 'memcg_data'), '0');
});

test('the script has the picture as the drawing has it: runs of pages that are alike', () => {
  const { frames } = picture('mixed-order/S2');
  for (const { runs } of frames) {
    let next = 0;
    for (const [i, { page, pages, guest, model, role, wrong }] of runs.entries()) {
      assert.is(page, next);
      next += pages;
      const before = runs[i - 1];
      if (before === undefined) continue;
      const same = (['guest', 'model', 'role', 'wrong', 'life', 'order', 'head', 'before'] as const).every(
        (name) => before[name] === runs[i]?.[name],
      );
      assert.not.ok(same && before.changed === runs[i]?.changed, `${guest} ${model} ${role} ${wrong}`);
    }
    assert.is(next, 512);
  }
});

test('a step without an answer keeps the pages of the one before it', () => {
  const last = picture('mixed-order/S2b').frames.at(-1);
  assert.ok(last?.silent);
});

test('the picture that needs no script shows guest and model, the wrong page marked and in words', () => {
  const record = testAt(recorded, 2, 'mixed-order/S2');
  const point = reduceEvents(recorded).points[2];
  assert.ok(point);
  const steps = new StepLog(recorded).of(2, record);
  const drawing = { patterns: new Patterns(), chunks: new ChunkPool(), reading: 0 };
  const shown = memoryOf({ point, test: record }, steps, guests.of(2, record.id), drawing, true);
  const text = shown?.markup.text ?? '';
  assert.is([...text.matchAll(/<svg class="grid"/g)].length, 2);
  assert.is([...text.matchAll(/class="wrong" d="M1 0h1v1h-1z"/g)].length, 1);
  assert.match(text, 'page 1: order-0 page, holds what it must not, and read as tail 1');
  assert.match(text, 'as tail 1, before');
});

test('of a journal without pages the variant that foretold every step stands for the guest', () => {
  const old = fixture('reinit-lost');
  const record = testAt(old, 2, 'mixed-order/S2');
  const guest = new Guests(old).of(2, record.id);
  assert.not.ok(guest.told);
  const played = replay(new StepLog(old).of(2, record), record, guest, new ChunkPool());
  assert.is(played?.source.kind, 'variant');
  assert.equal([...(played?.states.at(-1)?.wrong ?? [])], [1]);
});

test('steps that nobody knows the pages of give no picture', () => {
  const record = testAt(recorded, 2, 'mixed-order/S2');
  const bare = new StepLog(recorded).of(2, record).map(({ pages: _pages, ...step }) => step);
  assert.is(replay(bare, {}, guests.of(2, record.id), new ChunkPool()), undefined);
  assert.is(replay([], record, guests.of(2, record.id), new ChunkPool()), undefined);
});

test('the course of a run has builds, boots and tests in their order, and when tests failed', () => {
  const { spans, failures, durationMs, load, cores } = courseOf(recorded);
  const two = spans
    .filter(({ point }) => point === 2)
    .map(({ what, detail }) => `${what} ${detail ?? ''}`.trim());
  assert.equal(two.toSorted(), ['boot booted', 'build cached', 'test']);
  for (const { from, to } of spans) assert.ok(from >= 0 && from <= to && to <= durationMs);
  assert.ok(failures.length >= 2 && failures.every(({ point }) => point === 2));
  assert.ok(load.length > 1 && load.every(({ busy }) => busy >= 0 && busy <= cores));
});

test('what has no end ends with the last event', () => {
  const cut = recorded.slice(
    0,
    recorded.findIndex((event) => event.type === 'station' && event.name === 'test') + 1,
  );
  const { spans, durationMs } = courseOf(cut);
  assert.is(spans.find(({ what }) => what === 'test')?.to, durationMs);
});

test.run();
