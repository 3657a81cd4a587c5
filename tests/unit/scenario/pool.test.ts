import * as assert from 'uvu/assert';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import { suite } from '../../harness/suite.js';
import { FakeGuest } from './fake-guest.js';

const test = suite('scenario/pool');

function pool(failures = 0): { guests: FakeGuest[]; pool: RestoringPool; tries: () => number } {
  const guests: FakeGuest[] = [];
  let tries = 0;
  const restore = async (): Promise<FakeGuest> => {
    tries += 1;
    if (tries <= failures) throw new Error('no memory');
    const guest = new FakeGuest();
    guests.push(guest);
    return guest;
  };
  return { guests, pool: new RestoringPool({ restore }), tries: () => tries };
}

test('a released guest is lent again, but not as a fresh one', async () => {
  const { guests, pool: lender } = pool();
  const first = await lender.acquire();
  assert.ok(first.fresh);
  await first.request({ op: 'reset' }, 1000);
  first.release();
  const second = await lender.acquire();
  assert.not.ok(second.fresh);
  second.release();
  const third = await lender.acquire({ fresh: true });
  assert.ok(third.fresh);
  assert.is(guests.length, 2);
  await lender.close();
});

test('what a guest was sent goes with it from one to the next', async () => {
  const { pool: lender } = pool();
  const first = await lender.acquire();
  first.history.push({ op: 'reset' });
  first.release();
  assert.equal((await lender.acquire()).history, [{ op: 'reset' }]);
  assert.equal((await lender.acquire()).history, []);
  await lender.close();
});

test('of the released guests few are kept', async () => {
  const { guests, pool: lender } = pool();
  const all = await Promise.all(Array.from({ length: 8 }, () => lender.acquire()));
  for (const one of all) one.release();
  assert.equal(
    guests.map(({ closed }) => closed),
    [false, false, false, false, false, false, true, true],
  );
  await lender.close();
});

test('a discarded guest is closed and replaced ahead of the next request', async () => {
  const { guests, pool: lender } = pool();
  const first = await lender.acquire();
  await first.discard();
  assert.ok(guests[0]?.closed);
  assert.is(guests.length, 2, 'the standby is on its way');
  assert.ok((await lender.acquire()).fresh);
  await lender.close();
  assert.ok(guests.every((guest) => guest.closed));
});

test('a restore that fails is tried once more', async () => {
  const once = pool(1);
  await once.pool.acquire();
  assert.is(once.tries(), 2);
  await once.pool.close();
  const twice = pool(2);
  let message = '';
  await twice.pool
    .acquire()
    .catch((error: unknown) => (message = error instanceof Error ? error.message : ''));
  assert.is(message, 'no memory');
});

test('closing closes what is lent, and nothing is lent after', async () => {
  const { guests, pool: lender } = pool();
  await lender.acquire();
  await lender.close();
  assert.ok(guests[0]?.closed);
  let message = '';
  await lender.acquire().catch((error: unknown) => (message = error instanceof Error ? error.message : ''));
  assert.match(message, 'after the end of its pool');
});

test.run();
