import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  guestEndOf,
  readGuestEnders,
  rememberEnders,
  withEnders,
} from '../../../orchestrator/run/guest-enders.js';
import type { End, Ends } from '../../../orchestrator/run/guest-enders.js';
import { unfinished } from '../../../orchestrator/scenario/outcome.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('run/guest-enders');
const saved = process.env['CI_CACHE_DIR'];
let cache = '';
const file = (): string => join(cache, 'guest-enders.json');

test.before.each(() => {
  cache = scratchDir('cache');
  process.env['CI_CACHE_DIR'] = cache;
});
test.after.each(() => {
  if (saved === undefined) delete process.env['CI_CACHE_DIR'];
  else process.env['CI_CACHE_DIR'] = saved;
});

const crashed = (...ids: readonly string[]): Ends => new Map(ids.map((id) => [id, 'crashed'] as const));
const on = (day: string, hung = false): { day: string; hung: boolean } => ({ day, hung });

test('a test ends its guest by a failure after which nobody can use it, or would have', () => {
  const of = (
    verdict: 'pass' | 'fail' | 'error' | 'skip',
    guestUsable: boolean,
    more: { kind?: 'hang' | 'splat'; leftOut?: true } = {},
  ): End | undefined => guestEndOf({ ...unfinished('x'), verdict, guestUsable, ...more });
  assert.is(of('fail', false, { kind: 'splat' }), 'crashed');
  assert.is(of('fail', false, { kind: 'hang' }), 'hung');
  assert.is(of('fail', true), undefined);
  assert.is(of('skip', true, { leftOut: true }), 'left out');
  // Requirements that are not met; a machine that has no guest to give.
  assert.is(of('skip', true), undefined);
  assert.is(of('error', false), undefined);
  assert.is(of('pass', true), undefined);
});

test('what has ended a guest is remembered with the day, and seen again is of that day', async () => {
  assert.equal(readGuestEnders(), {});
  await rememberEnders(crashed('s/A/1', 's/B'), '2026-11-01');
  assert.equal(readGuestEnders(), { 's/A/1': on('2026-11-01'), 's/B': on('2026-11-01') });
  await rememberEnders(crashed('s/B', 's/C'), '2026-11-20');
  assert.equal(readGuestEnders(), {
    's/A/1': on('2026-11-01'),
    's/B': on('2026-11-20'),
    's/C': on('2026-11-20'),
  });
  assert.equal(readdirSync(cache), ['guest-enders.json']);
});

test('a suite in which nothing ended its guest writes nothing', async () => {
  await rememberEnders(crashed(), '2026-11-01');
  assert.not.ok(existsSync(file()));
  writeFileSync(file(), 'broken');
  await rememberEnders(crashed(), '2026-11-01');
  assert.is(readFileSync(file(), 'utf8'), 'broken');
});

test('what was left out is still taken for what it was when it ran', () => {
  const known = { h: on('2026-11-01', true), c: on('2026-11-01') };
  const leftOut = new Map(['h', 'c', 'new'].map((id) => [id, 'left out'] as const));
  assert.equal(withEnders(known, leftOut, '2026-11-02'), {
    h: on('2026-11-02', true),
    c: on('2026-11-02'),
    new: on('2026-11-02'),
  });
  const other = new Map([['h', 'crashed'] as const, ['c', 'hung'] as const]);
  assert.equal(withEnders(known, other, '2026-11-02'), { h: on('2026-11-02'), c: on('2026-11-02', true) });
});

test('what was not seen for sixty days is forgotten', () => {
  const known = { old: on('2026-09-01'), eve: on('2026-09-02', true), again: on('2026-01-01') };
  const before = structuredClone(known);
  assert.equal(withEnders(known, crashed('again'), '2026-11-01'), {
    eve: on('2026-09-02', true),
    again: on('2026-11-01'),
  });
  assert.equal(withEnders(known, crashed(), '2027-12-31'), {});
  // Nobody knows which of two days is right where a clock was set back.
  assert.equal(withEnders(known, crashed(), '2020-01-01'), known);
  assert.equal(known, before);
});

test('a file that is torn or of somebody else is none, and makes room', async () => {
  for (const text of [
    '',
    '{"s/A": "2026-1',
    '[]',
    'null',
    '"2026-11-01"',
    '{"s/A": 7}',
    '{"s/A": "2026-11-01"}',
    '{"s/A": {"day": "2026-11-01", "hung": false}, "s/B": {"day": "2026-13-45", "hung": false}}',
    '{"s/A": {"day": "2026-11-01T10:00:00Z", "hung": true}}',
    '{"s/A": {"day": "2026-11-01"}}',
  ]) {
    writeFileSync(file(), text);
    assert.equal(readGuestEnders(), {}, text);
    await rememberEnders(crashed('s/C'), '2026-11-02');
    assert.equal(readGuestEnders(), { 's/C': on('2026-11-02') });
  }
});

test('a cache that cannot be read or written takes nothing away', async () => {
  mkdirSync(file());
  assert.equal(readGuestEnders(), {});
  await rememberEnders(crashed('s/A'), '2026-11-01');
  assert.equal(readGuestEnders(), {});
  assert.equal(readdirSync(cache), ['guest-enders.json']);
  process.env['CI_CACHE_DIR'] = join(cache, 'file');
  writeFileSync(join(cache, 'file'), '');
  await rememberEnders(crashed('s/A'), '2026-11-01');
  assert.equal(readGuestEnders(), {});
});

test('of two who write at once one may be forgotten, but neither what was known nor the form of the file', async () => {
  await rememberEnders(crashed('known'), '2026-11-01');
  const ids = Array.from({ length: 20 }, (_, n) => `s/${n}`);
  const written = Promise.all(ids.map((id) => rememberEnders(crashed(id), '2026-11-02')));
  let looks = 0;
  let over = false;
  const looking = (async () => {
    while (!over) {
      assert.is(readGuestEnders()['known']?.day, '2026-11-01');
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await written;
  over = true;
  await looking;
  assert.ok(looks > 0);
  const { known, ...others } = readGuestEnders();
  assert.equal(known, on('2026-11-01'));
  assert.ok(Object.keys(others).length >= 1);
  assert.equal(readdirSync(cache), ['guest-enders.json']);
});

test.run();
