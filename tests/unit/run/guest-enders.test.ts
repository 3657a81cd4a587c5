import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  endsGuest,
  readGuestEnders,
  rememberEnders,
  withEnders,
} from '../../../orchestrator/run/guest-enders.js';
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

test('a test ends its guest by a failure after which nobody can use it, or would have', () => {
  const of = (verdict: 'pass' | 'fail' | 'error' | 'skip', guestUsable: boolean, leftOut?: true): boolean =>
    endsGuest({ ...unfinished('x'), verdict, guestUsable, ...(leftOut && { leftOut }) });
  assert.is(of('fail', false), true);
  assert.is(of('fail', true), false);
  assert.is(of('skip', true, true), true);
  // Requirements that are not met; a machine that has no guest to give.
  assert.is(of('skip', true), false);
  assert.is(of('error', false), false);
  assert.is(of('pass', true), false);
});

test('what has ended a guest is remembered with the day, and seen again is of that day', async () => {
  assert.equal(readGuestEnders(), {});
  await rememberEnders(new Set(['s/A/1', 's/B']), '2026-11-01');
  assert.equal(readGuestEnders(), { 's/A/1': '2026-11-01', 's/B': '2026-11-01' });
  await rememberEnders(new Set(['s/B', 's/C']), '2026-11-20');
  assert.equal(readGuestEnders(), { 's/A/1': '2026-11-01', 's/B': '2026-11-20', 's/C': '2026-11-20' });
  assert.equal(readdirSync(cache), ['guest-enders.json']);
});

test('a suite in which nothing ended its guest writes nothing', async () => {
  await rememberEnders(new Set(), '2026-11-01');
  assert.not.ok(existsSync(file()));
  writeFileSync(file(), 'broken');
  await rememberEnders(new Set(), '2026-11-01');
  assert.is(readFileSync(file(), 'utf8'), 'broken');
});

test('what was not seen for sixty days is forgotten', () => {
  const known = { old: '2026-09-01', eve: '2026-09-02', again: '2026-01-01' };
  assert.equal(withEnders(known, ['again'], '2026-11-01'), { eve: '2026-09-02', again: '2026-11-01' });
  assert.equal(withEnders(known, [], '2027-12-31'), {});
  // Nobody knows which of two days is right where a clock was set back.
  assert.equal(withEnders(known, [], '2020-01-01'), known);
  assert.equal(known, { old: '2026-09-01', eve: '2026-09-02', again: '2026-01-01' });
});

test('a file that is torn or of somebody else is none, and makes room', async () => {
  for (const text of [
    '',
    '{"s/A": "2026-1',
    '[]',
    'null',
    '"2026-11-01"',
    '{"s/A": 7}',
    '{"s/A": "2026-11-01", "s/B": "2026-13-45"}',
    '{"s/A": "2026-11-01T10:00:00Z"}',
    '{"s/A": {"day": "2026-11-01"}}',
  ]) {
    writeFileSync(file(), text);
    assert.equal(readGuestEnders(), {}, text);
    await rememberEnders(new Set(['s/C']), '2026-11-02');
    assert.equal(readGuestEnders(), { 's/C': '2026-11-02' });
  }
});

test('a cache that cannot be read or written takes nothing away', async () => {
  mkdirSync(file());
  assert.equal(readGuestEnders(), {});
  await rememberEnders(new Set(['s/A']), '2026-11-01');
  assert.equal(readGuestEnders(), {});
  assert.equal(readdirSync(cache), ['guest-enders.json']);
  process.env['CI_CACHE_DIR'] = join(cache, 'file');
  writeFileSync(join(cache, 'file'), '');
  await rememberEnders(new Set(['s/A']), '2026-11-01');
  assert.equal(readGuestEnders(), {});
});

test('of two who write at once one may be forgotten, but neither what was known nor the form of the file', async () => {
  await rememberEnders(new Set(['known']), '2026-11-01');
  const ids = Array.from({ length: 20 }, (_, n) => `s/${n}`);
  const written = Promise.all(ids.map((id) => rememberEnders(new Set([id]), '2026-11-02')));
  let looks = 0;
  let over = false;
  const looking = (async () => {
    while (!over) {
      assert.is(readGuestEnders()['known'], '2026-11-01');
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await written;
  over = true;
  await looking;
  assert.ok(looks > 0);
  const { known, ...others } = readGuestEnders();
  assert.is(known, '2026-11-01');
  assert.ok(Object.keys(others).length >= 1);
  assert.equal(readdirSync(cache), ['guest-enders.json']);
});

test.run();
