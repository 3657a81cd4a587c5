import * as assert from 'uvu/assert';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import type { EarlierFailure } from '../../../orchestrator/scenario/believed.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { suite } from '../../harness/suite.js';
import type { FakeGuest } from './fake-guest.js';
import { oops } from './fake-guest.js';
import { bundled, free, init, made, run } from './support.js';
import type { Ran } from './support.js';

const test = suite('scenario/mended-guest', { timeoutMs: 60_000 });

/** A failure with its mappings still there, then a case that begins in the same guest. */
async function brokenThen(
  next: Case,
  spoil: (broken: boolean, request: Request, reply: Reply, guest: FakeGuest) => Reply,
  earlier: ReadonlyMap<string, EarlierFailure> = new Map(),
): Promise<Ran> {
  const [first] = await bundled(['D1']);
  if (!first) throw new Error('no D1');
  return run(
    [first, next],
    (index) => ({
      splitCallbackLost: true,
      spoil: (request, reply, _n, guest) => spoil(index === 0, request, reply, guest),
    }),
    { earlier },
  );
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

test('nor has it failed where an earlier run has seen the same, but not in a fresh guest', async () => {
  const leak = (broken: boolean, request: Request, reply: Reply): Reply =>
    broken && request['pfn'] === 8 && request.op === 'init' ? { ...reply, refs: 99 } : reply;
  const next = made('x', [init(8, 3), free(8)]);
  const { of } = await run([next], () => ({ spoil: (request, reply) => leak(true, request, reply) }));
  const failureKey = of('x').failureKey ?? '';
  const after = async (confirmed: boolean): Promise<unknown[]> => {
    const ran = await brokenThen(next, leak, new Map([['t/x', { failureKey, confirmed }]]));
    return [ran.of('x').verdict, ran.of('x').runs, ran.of('x').matches];
  };
  assert.equal(await after(false), ['pass', 1, 0]);
  assert.equal(await after(true), ['fail', 2, 2]);
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

test.run();
