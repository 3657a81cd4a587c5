import * as assert from 'uvu/assert';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import type { EarlierFailure } from '../../../orchestrator/scenario/believed.js';
import { suite } from '../../harness/suite.js';
import type { FakeGuest } from './fake-guest.js';
import { oops } from './fake-guest.js';
import { free, init, made, run } from './support.js';

const test = suite('scenario/confirm', { timeoutMs: 60_000 });

/** A stale flag on page 0 after its init, in guests that `when` picks. */
const staleFlag =
  (when: (n: number) => boolean) =>
  (guest: number): { spoil: (request: Request, reply: Reply) => Reply } => ({
    spoil: (request, reply) => (when(guest) && request.op === 'init' ? { ...reply, refs: 99 } : reply),
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

const seen = (id: string, failureKey: string): ReadonlyMap<string, EarlierFailure> =>
  new Map([[id, { failureKey, confirmed: false }]]);

test('a failure that an earlier run of the kernel has seen needs no rerun, nor do those with the same failure key', async () => {
  const cases = Array.from({ length: 3 }, (_, n) => made(`x${n}`, [init(0, 9), free(0), init(0, 0)]));
  const first = await run(cases, { kernel: 'a' });
  const key = first.of('x0').failureKey ?? '';
  assert.not.equal(key, '');
  const { records, guests } = await run(cases, { kernel: 'a' }, { earlier: seen('t/x0', key) });
  assert.equal(
    records.map(({ verdict, runs, matches }) => [verdict, runs, matches]),
    [
      ['fail', 2, 2],
      ['fail', 1, 1],
      ['fail', 1, 1],
    ],
  );
  assert.match(records[0]?.reason ?? '', 'came 2 of 2 times, once in an earlier run of this kernel');
  assert.match(records[1]?.reason ?? '', 'not run again: the same failure in t/x0 came 2 of 2 times');
  assert.is(guests.filter((guest) => guest.requests.length > 0).length, 1);
});

test('a failure that is another one than the earlier run has seen is run again', async () => {
  const cases = [made('x', [init(0, 9), free(0), init(0, 0)])];
  const { of } = await run(cases, { kernel: 'a' }, { earlier: seen('t/x', 'refcount refs') });
  assert.equal([of('x').verdict, of('x').runs, of('x').matches], ['fail', 2, 2]);
  assert.match(of('x').reason ?? '', /came 2 of 2 times$/);
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

test.run();
