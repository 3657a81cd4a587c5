import * as assert from 'uvu/assert';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { suite } from '../../harness/suite.js';
import type { FakeGuest } from './fake-guest.js';
import { oops } from './fake-guest.js';
import type { Ran } from './support.js';
import { free, init, made, run } from './support.js';

const test = suite('scenario/run-suite', { timeoutMs: 60_000 });

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

test('a crash while the pages are being reset belongs to the case before', async () => {
  const late = (request: Request, reply: Reply, n: number, guest: FakeGuest): Reply => {
    if (request.op !== 'reset' || n === 1) return reply;
    throw guest.die(oops('mm/memremap.c:425'));
  };
  const { of } = await run([made('x', [init(0, 0), free(0)])], { spoil: late });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'splat']);
  assert.match(of('x').reason ?? '', 'reset after the case');
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
    await run(cases, { spoil }, { signal: stop.signal, spareLanes: 1, last: new Set() });
  } catch (error) {
    reason = error instanceof Error ? error.message : '';
  }
  assert.is(reason, 'Ctrl-C');
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

/** Ids in the order in which they began. */
const begun = ({ events }: Ran): string[] =>
  events.flatMap((event) => (event.type === 'test-start' ? [event.id] : []));

test('cases that are likely to end their guest come last, in their order, and are told in their place', async () => {
  const cases = ['a', 'b', 'c', 'd', 'e'].map((id) => made(id, [init(0, 0), free(0)]));
  const last = new Set(['t/d', 't/b', 't/of another suite']);
  const ran = await run(cases, {}, { last });
  assert.equal(begun(ran), ['t/a', 't/c', 't/e', 't/b', 't/d']);
  assert.equal(
    ran.records.map(({ id, verdict }) => [id, verdict]),
    cases.map(({ id }) => [id, 'pass']),
  );
  const all = await run(cases, {}, { last: new Set(cases.map(({ id }) => id)) });
  assert.equal(begun(all), ['t/a', 't/b', 't/c', 't/d', 't/e']);
  assert.equal(begun(await run(cases, {}, { last: new Set() })), begun(all));
});

test('a spare lane takes a guest when the others come to what is likely to end theirs', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const cases = names.map((id) => made(id, [init(0, 0), free(0)]));
  const quiet = await run(cases, {}, { lanes: 1, spareLanes: 1, last: new Set() });
  assert.is(quiet.records.filter(({ verdict }) => verdict === 'pass').length, 6);
  const { records, guests } = await run(
    cases,
    {},
    { lanes: 1, spareLanes: 1, last: new Set(['t/a', 't/c']) },
  );
  assert.is(records.filter(({ verdict }) => verdict === 'pass').length, 6);
  const [first, spare] = guests.map(({ requests }) => requests.filter(({ op }) => op === 'init').length);
  assert.ok((first ?? 0) >= 5 && (spare ?? 0) <= 1, `${first} and ${spare}`);
});

test('a spare lane begins with what hangs', async () => {
  const names = ['a', 'b', 'h', 'c', 'i'];
  const cases = names.map((id) => made(id, [init(0, 0), free(0)]));
  const last = new Set(['t/b', 't/h', 't/c', 't/i']);
  const lanes = { lanes: 1, spareLanes: 1, last };
  const order = begun(await run(cases, {}, { ...lanes, hangs: new Set(['t/h', 't/i']) }));
  assert.equal(order.slice(0, 3), ['t/a', 't/b', 't/h']);
  assert.equal(begun(await run(cases, {}, lanes)), ['t/a', 't/b', 't/h', 't/c', 't/i']);
  const alone = { lanes: 1, last, hangs: new Set(['t/h', 't/i']) };
  assert.equal(begun(await run(cases, {}, alone)), ['t/a', 't/b', 't/c', 't/h', 't/i']);
});

test('what ends its guest comes when all others have run in one', async () => {
  const crash = (request: Request, reply: Reply, _n: number, guest: FakeGuest): Reply => {
    if (request['pfn'] !== 16) return reply;
    throw guest.die(oops('include/linux/page-flags.h:345'));
  };
  const cases = [
    made('x', [init(16, 0)]),
    ...['a', 'b', 'c'].map((id) => made(id, [init(0, 0), free(0)])),
    made('y', [init(16, 0)]),
  ];
  const { of, guests } = await run(cases, { spoil: crash }, { last: new Set(['t/x', 't/y']) });
  assert.equal([of('x').verdict, of('y').verdict, of('c').verdict], ['fail', 'fail', 'pass']);
  const inits = guests.map(({ requests }) => requests.filter(({ op }) => op === 'init').length);
  assert.is(inits[0], 4);
});

test('a suite that may stop at a failure, or whose cases are drawn as it goes, has the order of its caller', async () => {
  const cases = ['a', 'b', 'c'].map((id) => made(id, [init(0, 0), free(0)]));
  const last = new Set(['t/a']);
  assert.equal(begun(await run(cases, {}, { last, stopAt: () => false })), ['t/a', 't/b', 't/c']);
  let drawn = 0;
  function* draw(): Generator<Case> {
    for (const one of cases) {
      drawn += 1;
      yield one;
    }
  }
  const ran = await run(draw(), {}, { last, deadlineMs: 60_000 });
  assert.equal(begun(ran), ['t/a', 't/b', 't/c']);
  assert.equal(
    ran.records.map(({ id }) => id),
    ['t/a', 't/b', 't/c'],
  );
  assert.is(drawn, 3);
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
