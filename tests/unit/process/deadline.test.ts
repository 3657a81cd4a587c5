import * as assert from 'uvu/assert';
import { formatDuration, sleep, waitFor, withDeadline } from '../../../orchestrator/process/deadline.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('process/deadline');

async function rejection(promise: Promise<unknown>): Promise<CiError> {
  try {
    await promise;
  } catch (error) {
    return error as CiError;
  }
  throw new Error('was to be rejected');
}

test('withDeadline gives the value in time, the error in time, and otherwise says what it waited for', async () => {
  assert.is(await withDeadline(Promise.resolve(3), 1000, 'x'), 3);
  const own = await rejection(withDeadline(Promise.reject(new Error('own')), 1000, 'x'));
  assert.is(own.message, 'own');
  const late = await rejection(
    withDeadline(new Promise(() => {}), 30, 'the guest', { lastConsoleLine: 'Booting' }),
  );
  assert.is(late.fault, 'infra');
  assert.is(late.message, 'timed out after 30 ms waiting for the guest');
  assert.equal({ ...late.details }, { awaited: 'the guest', waitedMs: 30, lastConsoleLine: 'Booting' });
});

test('sleep ends early, with the reason, when aborted', async () => {
  const began = performance.now();
  const abort = new AbortController();
  const going = rejection(sleep(10_000, abort.signal));
  abort.abort(new Error('stop'));
  assert.is((await going).message, 'stop');
  assert.is((await rejection(sleep(10_000, abort.signal))).message, 'stop');
  assert.ok(performance.now() - began < 1000);
});

test('a delay beyond the range of timers does not fire at once', async () => {
  const abort = new AbortController();
  const long = rejection(sleep(2 ** 40, abort.signal));
  await sleep(20);
  abort.abort(new Error('still there'));
  assert.is((await long).message, 'still there');
});

test('waitFor asks until there is an answer; falsy answers count', async () => {
  let asked = 0;
  const answer = await waitFor(() => (++asked < 3 ? undefined : 0), { ms: 1000, everyMs: 1, what: 'x' });
  assert.is(answer, 0);
  assert.is(asked, 3);
});

test('waitFor gives up in time, also when the probe itself hangs, and hands on its error', async () => {
  const never = await rejection(waitFor(() => undefined, { ms: 30, everyMs: 5, what: 'a boot' }));
  assert.match(never.message, /timed out after 30 ms waiting for a boot/);
  const hung = await rejection(
    waitFor(() => new Promise<number>(() => {}), { ms: 30, everyMs: 5, what: 'a boot' }),
  );
  assert.match(hung.message, /timed out/);
  const thrown = await rejection(
    waitFor(
      () => {
        throw new Error('broken');
      },
      { ms: 1000, everyMs: 5, what: 'x' },
    ),
  );
  assert.is(thrown.message, 'broken');
});

test('waitFor heeds an abort', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  assert.is(
    (await rejection(waitFor(() => undefined, { ms: 1000, everyMs: 5, what: 'x', signal }))).message,
    'stop',
  );
});

test('durations read well', () => {
  assert.is(
    [350, 1500, 2000, 12_400, 60_000, 125_000].map((ms) => formatDuration(ms)).join(', '),
    '350 ms, 1.5 s, 2 s, 12 s, 1 min, 2 min 5 s',
  );
});

test.run();
