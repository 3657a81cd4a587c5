import * as assert from 'uvu/assert';
import { inherit, nextAttempt } from '../../../orchestrator/scenario/reruns.js';
import type { Attempt } from '../../../orchestrator/scenario/reruns.js';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { suite } from '../../harness/suite.js';
import type { FakeGuest, FakeOptions } from './fake-guest.js';
import { oops } from './fake-guest.js';
import { bundled, free, init, made, run } from './support.js';
import type { Ran } from './support.js';

const test = suite('scenario/run-suite', { timeoutMs: 60_000 });
const alone = (matched: boolean): Attempt => ({ manner: 'alone', matched });
const prefix = (matched: boolean): Attempt => ({ manner: 'prefix', matched });

/** A stale flag on page 0 after its init, in guests that `when` picks. */
const staleFlag =
  (when: (n: number) => boolean) =>
  (guest: number): { spoil: (request: Request, reply: Reply) => Reply } => ({
    spoil: (request, reply) => (when(guest) && request.op === 'init' ? { ...reply, refs: 99 } : reply),
  });

test('the rules of DESIGN for a failure that came once', () => {
  assert.is(nextAttempt([], true), 'alone');
  assert.equal(nextAttempt([alone(true)], true), {
    verdict: 'fail',
    runs: 2,
    matches: 2,
    note: 'came 2 of 2 times',
  });
  assert.is(nextAttempt([alone(false)], true), 'prefix');
  assert.is(nextAttempt([alone(false)], false), 'alone');
  assert.equal(nextAttempt([alone(false), prefix(false)], true), {
    verdict: 'flaky',
    runs: 3,
    matches: 1,
    note: 'came 1 of 3 times',
  });
  assert.is(nextAttempt([alone(false), prefix(true)], true), 'prefix');
  const twice = nextAttempt([alone(false), prefix(true), prefix(true)], true);
  assert.ok(typeof twice !== 'string' && twice.verdict === 'fail' && twice.matches === 3);
  const once = nextAttempt([alone(false), prefix(true), prefix(false)], true);
  assert.ok(typeof once !== 'string' && once.verdict === 'flaky' && once.matches === 2);
});

test('cases not run again are believed if one like them was confirmed', () => {
  const flaky = { verdict: 'flaky', runs: 3, matches: 1, note: '' } as const;
  const fail = { verdict: 'fail', runs: 2, matches: 2, note: '' } as const;
  assert.is(
    inherit([
      { id: 'x', decided: flaky },
      { id: 'y', decided: fail },
    ]).verdict,
    'fail',
  );
  assert.is(inherit([{ id: 'x', decided: flaky }]).verdict, 'flaky');
  assert.match(inherit([{ id: 'x', decided: flaky }]).note, 'the same failure in x came 1 of 3 times');
});

test('one rerun serves all cases with the same failure key', async () => {
  const cases = Array.from({ length: 6 }, (_, n) => made(`x${n}`, [init(0, 9), free(0), init(0, 0)]));
  const { records, guests } = await run(cases, { kernel: 'a' });
  assert.equal(
    records.map((one) => [one.verdict, one.runs]),
    [['fail', 2], ...Array.from({ length: 5 }, () => ['fail', 1])],
  );
  assert.match(records[5]?.reason ?? '', 'not run again: the same failure in t/x0 came 2 of 2 times');
  const used = guests.filter((guest) => guest.requests.length > 0);
  assert.is(used.length, 2, 'one guest for the suite, one for the rerun');
});

test('a deviation that does not come again stays, as flaky with its k', async () => {
  const cases = [made('w', [init(8, 3), free(8)]), made('x', [init(0, 0), free(0)])];
  const { of, guests } = await run(cases, (guest) => ({
    spoil: (request, reply, n) =>
      guest === 0 && request.op === 'init' && n > 5 ? { ...reply, refs: 99 } : reply,
  }));
  assert.is(of('w').verdict, 'pass');
  assert.equal([of('x').verdict, of('x').runs, of('x').matches, of('x').kind], ['flaky', 3, 1, 'leak']);
  const replayed = guests[2]?.requests.map((request) => `${request.op} ${Number(request['pfn'] ?? -1)}`);
  assert.equal(
    replayed?.slice(0, 8),
    ['reset -1', 'reset -1', 'dump -1', 'init 8', 'free 8', 'reset -1', 'init 0', 'free 0'],
    'the exact prefix, then the case; all pages are read of the first guest only',
  );
});

test('a failure that only the prefix brings back is one', async () => {
  const cases = [made('w', [init(8, 3), free(8)]), made('x', [init(0, 0), free(0)])];
  const { of } = await run(cases, () => {
    let dirty = false;
    return {
      spoil: (request, reply) => {
        dirty ||= request['pfn'] === 8;
        return dirty && request.op === 'init' && request['pfn'] === 0 ? { ...reply, refs: 99 } : reply;
      },
    };
  });
  assert.equal([of('x').verdict, of('x').runs, of('x').matches], ['fail', 4, 3]);
  assert.match(of('x').reason ?? '', 'only after what ran before it');
});

test('the failure is confirmed where it comes again alone', async () => {
  const { of } = await run(
    [made('x', [init(0, 0)])],
    staleFlag(() => true),
  );
  assert.equal([of('x').verdict, of('x').runs, of('x').matches], ['fail', 2, 2]);
});

test('a crash is believed at once, its guest thrown away, the next case runs in another', async () => {
  const crash = (request: Request, reply: Reply, _n: number, guest: FakeGuest): Reply => {
    if (request['pfn'] !== 16) return reply;
    throw guest.die(oops('include/linux/page-flags.h:345'));
  };
  const cases = [made('x', [init(16, 4), free(16)]), made('y', [init(0, 0), free(0)])];
  const { of, guests, events } = await run(cases, { spoil: crash });
  assert.equal([of('x').verdict, of('x').kind, of('x').runs], ['fail', 'splat', 1]);
  assert.match(of('x').splats[0]?.title ?? '', 'kernel BUG');
  assert.match(of('x').reason ?? '', 'step 1 (init {"pfn":16');
  assert.is(of('y').verdict, 'pass');
  assert.ok(guests[0]?.closed && guests.length >= 2);
  assert.equal(
    events.filter((event) => event.type !== 'step').map((event) => event.type),
    ['test-start', 'guest', 'test-end', 'test-start', 'guest', 'test-end'],
  );
});

/** A failure with its mappings still there, then a case that begins in the same guest. */
async function brokenThen(
  next: Case,
  spoil: (broken: boolean, request: Request, reply: Reply, guest: FakeGuest) => Reply,
): Promise<Ran> {
  const [first] = await bundled(['D1']);
  if (!first) throw new Error('no D1');
  return run([first, next], (index) => ({
    splitCallbackLost: true,
    spoil: (request, reply, _n, guest) => spoil(index === 0, request, reply, guest),
  }));
}

test('a guest that a failure left with mappings is put in order and used on', async () => {
  const { records, guests } = await brokenThen(
    made('x', [init(8, 3), free(8)]),
    (_broken, _request, reply) => reply,
  );
  assert.equal(
    records.map(({ verdict, runs, matches }) => [verdict, runs, matches]),
    [
      ['fail', 2, 2],
      ['pass', 1, 0],
    ],
  );
  assert.is(guests.length, 2, 'one for both, one to run the failure again');
  assert.ok(guests[0]?.requests.some((request) => request['pfn'] === 8));
});

test('a guest that cannot be put in order is thrown away', async () => {
  const { records, guests } = await brokenThen(
    made('x', [init(8, 3), free(8)]),
    (broken, request, reply, guest) =>
      broken && request.op === 'reset' && guest.requests.length > 3 ? { ...reply, refs: 4 } : reply,
  );
  assert.equal(
    records.map(({ verdict, runs }) => [verdict, runs]),
    [
      ['fail', 2],
      ['pass', 1],
    ],
  );
  assert.ok(guests[0]?.closed && !guests[0].requests.some((request) => request['pfn'] === 8));
});

test('what fails after a case that broke its guest, and not in a fresh one, has not failed', async () => {
  const { of } = await brokenThen(made('x', [init(8, 3), free(8)]), (broken, request, reply) =>
    broken && request['pfn'] === 8 && request.op === 'init' ? { ...reply, refs: 99 } : reply,
  );
  assert.equal([of('x').verdict, of('x').runs, of('x').matches], ['pass', 1, 0]);
  assert.match(of('x').reason ?? '', 'in a guest that a case before it had broken');
});

test('a crash after a case that broke its guest is believed when it comes in a fresh one', async () => {
  const crash =
    (everywhere: boolean) =>
    (broken: boolean, request: Request, reply: Reply, guest: FakeGuest): Reply => {
      if (request['pfn'] !== 8 || !(everywhere || broken)) return reply;
      throw guest.die(oops('include/linux/page-flags.h:345'));
    };
  const next = made('x', [init(8, 3), free(8)]);
  const both = await brokenThen(next, crash(true));
  assert.equal(
    [both.of('x').verdict, both.of('x').kind, both.of('x').runs, both.of('x').matches],
    ['fail', 'splat', 2, 2],
  );
  const once = await brokenThen(next, crash(false));
  assert.equal([once.of('x').verdict, once.of('x').runs], ['pass', 1]);
});

test('a hang is believed at once and told with its stack', async () => {
  const hang = (request: Request, reply: Reply): Reply =>
    request.op === 'init'
      ? {
          ok: false,
          hang: true,
          state: 'D',
          waited_ms: 3000,
          stack: [
            '__switch_to+0x1',
            'schedule+0x2',
            'io_schedule+0x3',
            '__folio_lock+0x12',
            'zone_device_page_init+0x1b4',
          ],
        }
      : reply;
  const { of } = await run([made('x', [init(0, 0)])], { spoil: hang });
  assert.equal([of('x').verdict, of('x').kind, of('x').runs], ['fail', 'hang', 1]);
  assert.is(of('x').failureKey, 'hang: __folio_lock < zone_device_page_init');
  assert.match(of('x').evidence.join('\n'), 'zone_device_page_init+0x1b4');
});

test('a guest lost without a word is doubted: once only is flaky, twice is a failure', async () => {
  const lose = (request: Request, reply: Reply, _n: number, guest: FakeGuest): Reply => {
    if (request.op !== 'init') return reply;
    throw guest.die('');
  };
  const once = await run([made('x', [init(0, 0)])], (guest) => (guest === 0 ? { spoil: lose } : {}));
  assert.equal([once.of('x').verdict, once.of('x').kind], ['flaky', 'hang']);
  const always = await run([made('x', [init(0, 0)])], { spoil: lose });
  assert.equal([always.of('x').verdict, always.of('x').runs], ['fail', 2]);
});

test('a crash while the pages are being reset belongs to the case before', async () => {
  const late = (request: Request, reply: Reply, n: number, guest: FakeGuest): Reply => {
    if (request.op !== 'reset' || n === 1) return reply;
    throw guest.die(oops('mm/memremap.c:425'));
  };
  const { of } = await run([made('x', [init(0, 0), free(0)])], { spoil: late });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'splat']);
  assert.match(of('x').reason ?? '', 'reset after the case');
});

test('a splat in a rerun is not lost', async () => {
  const { of } = await run([made('x', [init(0, 0)])], (guest) => ({
    spoil: (request, reply, _n, self) => {
      if (request.op !== 'init') return reply;
      if (guest === 0) return { ...reply, refs: 99 };
      throw self.die(oops('mm/memremap.c:425'));
    },
  }));
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'splat']);
});

const warning = oops('mm/memremap.c:514').replace(
  'kernel BUG at mm/memremap.c:514!',
  'WARNING: mm/memremap.c:514 at zone_device_page_init+0x1/0x2, CPU#0: zdagent/70',
);

test('a splat after the last answer, or while the guest was made ready, is not lost', async () => {
  const cases = [made('x', [init(0, 0), free(0)])];
  const resets =
    (when: number) =>
    (): { spoil: (request: Request, reply: Reply, n: number, guest: FakeGuest) => Reply } => {
      let seen = 0;
      return {
        spoil: (request, reply, _n, guest) => {
          if (request.op === 'reset' && (seen += 1) === when) guest.say(warning);
          return reply;
        },
      };
    };
  const ready = await run(cases, resets(1));
  assert.equal([ready.of('x').kind, ready.of('x').splats.length], ['splat', 1]);
  const last = await run(cases, resets(3));
  assert.equal([last.of('x').verdict, last.of('x').kind], ['fail', 'splat']);
  assert.match(last.of('x').reason ?? '', 'reset after the last case');
});

test('a failure that comes again with another key is no flaky one', async () => {
  const { of } = await run([made('x', [init(0, 0)])], (guest) => ({
    spoil: (request, reply) => (request.op === 'init' ? { ...reply, refs: 90 + guest } : reply),
  }));
  assert.equal([of('x').verdict, of('x').runs], ['fail', 2]);
});

test('a rerun that could not be judged takes nothing back', async () => {
  const { of } = await run([made('x', [init(0, 0)])], (guest) => ({
    spoil: (request, reply) => {
      if (request.op !== 'init') return reply;
      return guest === 0 ? { ...reply, refs: 99 } : { ...reply, ok: false, errno: 'EIO', error: 'no device' };
    },
  }));
  assert.is(of('x').verdict, 'fail');
  assert.match(of('x').reason ?? '', 'not run again: step 1: the agent refused init: EIO');
});

test('what a reset cannot take away fails the case that left it', async () => {
  const { of } = await run([made('x', [init(0, 0), free(0)])], {
    spoil: (request, reply, n) =>
      request.op === 'reset' && n > 2 ? { ...reply, cb: [{ fn: 'folio_free', pfn: 0, order: 0 }] } : reply,
  });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'leak']);
  assert.match(of('x').reason ?? '', 'the driver was called after the last step');
});

test('guests that cannot be had are an error of every case, and not asked for without end', async () => {
  let asked = 0;
  const pool = {
    acquire: async (): Promise<never> => {
      asked += 1;
      throw new Error('qemu does not start');
    },
  };
  const cases = Array.from({ length: 20 }, (_, n) => made(`x${n}`, [init(0, 0)]));
  const { records } = await run(cases, {}, { pool });
  assert.is(records.length, 20);
  assert.ok(records.every((one) => one.verdict === 'error'));
  assert.match(records[0]?.reason ?? '', 'qemu does not start');
  assert.is(asked, 3);
});

test('a suite out of time says of each case that it was not run', async () => {
  const { records } = await run([made('x', [init(0, 0)])], {}, { deadlineMs: -1 });
  assert.equal(
    [records[0]?.verdict, records[0]?.reason],
    ['error', 'not run: the suite had used up its time'],
  );
});

test('an aborted signal ends the suite with its reason', async () => {
  const stop = new AbortController();
  const spoil = (_request: Request, reply: Reply, n: number): Reply => {
    if (n === 5) stop.abort(new Error('Ctrl-C'));
    return reply;
  };
  const cases = Array.from({ length: 20 }, (_, n) => made(`x${n}`, [init(0, 0), free(0)]));
  let reason = '';
  try {
    await run(cases, { spoil }, { signal: stop.signal });
  } catch (error) {
    reason = error instanceof Error ? error.message : '';
  }
  assert.is(reason, 'Ctrl-C');
});

const PAIRS = ['9@0,4@16', '9@0,4@32', '9@0,3@8', '9@0,2@4', '8@0,2@4', '9@0,0@1', '3@0,3@0'];

test('generated cases that the model knows to crash as others did are left out, and say so', async () => {
  const cases = await bundled([], PAIRS);
  assert.is(cases.length, PAIRS.length);
  const { records, of, guests } = await run(cases, { kernel: 'a' });
  const splats = records.filter((one) => one.kind === 'splat');
  assert.is(splats.length, 3);
  const left = records.filter((one) => one.verdict === 'skip');
  assert.is(left.length, 2);
  assert.match(
    left[0]?.reason ?? '',
    "not run: the model's variant a, right at every step so far, foretells the crash of mixed-order/A2/",
  );
  assert.is(of('A2/9@0,0@1').verdict, 'fail');
  assert.is(of('A2/3@0,3@0').verdict, 'pass');
  assert.ok(guests.length <= 6);
  const all = await run(cases, { kernel: 'a' }, { exhaustive: true });
  assert.is(all.records.filter((one) => one.kind === 'splat').length, 5);
});

test('a case is left at the migration that the model knows to hang as others did, its guest used on', async () => {
  // Without a folio before it page 1 is not stale.
  const cases = (await bundled(['S2b', 'B1'])).filter(({ id }) => !id.endsWith('/after-0'));
  const stack = ['folio_wait_bit_common+0x1', 'zone_device_page_init+0x1b4', 'zd_page_init+0x41'];
  const fake: FakeOptions = {
    kernel: 'a',
    // The fake's migration takes every page as it is.
    spoil: (request, reply) =>
      reply.hang || request.op === 'migrate'
        ? { ok: false, hang: true, state: 'D', waited_ms: 800, stack }
        : reply,
  };
  const { records, guests } = await run(cases, fake);
  const hung = records.filter(({ kind }) => kind === 'hang');
  const left = records.filter(({ verdict }) => verdict === 'skip');
  assert.is(hung.length, 3);
  assert.ok(left.length >= 3);
  for (const { reason = '' } of left)
    assert.match(
      reason,
      /^step \d and what follows it not run: .* foretells the crash of mixed-order\/S2b: a hang/,
    );
  // One each for a hang, and those for failures that are run again.
  assert.ok(guests.length < hung.length + left.length);
  const all = await run(cases, fake, { exhaustive: true });
  assert.is(all.records.filter(({ kind }) => kind === 'hang').length, hung.length + left.length);
});

test('nothing is left out on the word of a model that was wrong', async () => {
  const cases = [made('x', [init(0, 3), free(0), init(0, 0)]), ...(await bundled([], PAIRS))];
  const wrong = (request: Request, reply: Reply): Reply =>
    request.op === 'free' && request['pfn'] === 0 ? { ...reply, refs: 7 } : reply;
  const { records } = await run(cases, { kernel: 'a', spoil: wrong });
  assert.is(records.filter((one) => one.verdict === 'skip').length, 0);
});

test('nothing is left out where other crashes come than were foretold', async () => {
  const cases = await bundled([], PAIRS);
  let crashes = 0;
  const { records } = await run(cases, () => ({
    kernel: 'b',
    spoil: (request, reply, _n, guest) => {
      if (request.op !== 'init' || Number(request['order']) < 2 || request['pfn'] === 0) return reply;
      throw guest.die(oops('mm/x.c:1').replace('zone_device_page_init', `f${(crashes += 1)}`));
    },
  }));
  assert.is(records.filter((one) => one.verdict === 'skip').length, 0);
  assert.is(crashes, 5);
});

test('two lanes give the same records in the same order', async () => {
  const cases = Array.from({ length: 12 }, (_, n) => made(`x${n}`, [init(n, 0), free(n)]));
  const { records, guests } = await run(cases, {}, { lanes: 2 });
  assert.equal(
    records.map((one) => one.id),
    cases.map((one) => one.id),
  );
  assert.is(guests.length, 2);
});

test('a suite that may stop runs nothing after the first failure that was confirmed', async () => {
  const cases = [
    made('good', [init(64, 0), free(64)]),
    ...Array.from({ length: 8 }, (_, n) => made(`x${n}`, [init(0, n + 1), free(0), init(0, 0)])),
  ];
  const { records, of, guests } = await run(cases, { kernel: 'a' }, { stopAt: () => true });
  assert.equal([of('good').verdict, of('x0').verdict, of('x0').runs], ['pass', 'fail', 2]);
  const skipped = records.filter(({ verdict }) => verdict === 'skip');
  assert.ok(skipped.length >= 5, `${skipped.length} of 8 were left out`);
  assert.match(skipped.at(-1)?.reason ?? '', 'stopped at its first failure, t/x0');
  assert.is(records.filter(({ verdict }) => verdict === 'error').length, 0);
  assert.ok(guests.length <= 4);
});

test('a crash stops it at once, a failure that does not count does not', async () => {
  const crash = (request: Request, reply: Reply, _n: number, guest: FakeGuest): Reply => {
    if (request['pfn'] !== 16) return reply;
    throw guest.die(oops('include/linux/page-flags.h:345'));
  };
  const cases = ['a', 'b', 'c'].map((id) => made(id, [init(16, 0), free(16)]));
  const { of } = await run(cases, { spoil: crash }, { stopAt: ({ id }) => id === 't/b' });
  assert.equal([of('a').verdict, of('b').verdict, of('c').verdict], ['fail', 'fail', 'skip']);
});

test('what comes once only does not stop it', async () => {
  const cases = ['a', 'b', 'c'].map((id) => made(id, [init(0, 0), free(0)]));
  const { records } = await run(
    cases,
    (guest) => ({
      spoil: (request, reply, n) =>
        guest === 0 && request.op === 'init' && n < 5 ? { ...reply, refs: 99 } : reply,
    }),
    { stopAt: () => true },
  );
  assert.is(records.filter(({ verdict }) => verdict === 'skip').length, 0);
});

test.run();
