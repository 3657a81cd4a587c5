import * as assert from 'uvu/assert';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { openSession } from '../../../orchestrator/scenario/session.js';
import type { GuestSession } from '../../../orchestrator/scenario/session.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import { suite } from '../../harness/suite.js';
import { FakeGuest, oops } from './fake-guest.js';
import { free, init, made, run } from './support.js';

const test = suite('scenario/session');

const INIT = { op: 'init', pfn: 0, order: 0, unlock: 'page' };

type Spoil = (request: Request, reply: Reply, n: number, guest: FakeGuest) => Reply;

async function opened(
  spoil?: Spoil,
): Promise<{ session: GuestSession; guest: FakeGuest; pool: RestoringPool }> {
  const guest = new FakeGuest(spoil === undefined ? {} : { spoil });
  const pool = new RestoringPool({ restore: async () => guest, standby: 0 });
  const session = await openSession({ pool, parseSplats: scanConsole, timeScale: 1 }, true);
  return { session, guest, pool };
}

const ops = (guest: FakeGuest): string[] => guest.requests.map(({ op }) => op);

test('what is sent along is in the guest before the first answer, and in the mirror only after it was asked for', async () => {
  const { session, guest, pool } = await opened();
  await using _ = pool;
  const before = guest.requests.length;
  const sending = session.send(INIT, 1_000, { thenReset: true });
  assert.equal(ops(guest).slice(before), ['init', 'reset']);
  assert.is((await sending).kind, 'reply');
  assert.not.equal(session.mirror.bytes, session.pristine);
  const reset = await session.reset();
  assert.is(reset.kind, 'reply');
  assert.equal(session.mirror.bytes, session.pristine);
  assert.equal(ops(guest).slice(before), ['init', 'reset'], 'asked for, not sent again');
  assert.equal(
    session.history.map(({ op }) => op).slice(-2),
    ['init', 'reset'],
    'a replay sends them in the same order',
  );
});

test('what was sent along has to be asked for before anything else', async () => {
  const { session, pool } = await opened();
  await using _ = pool;
  await session.send(INIT, 1_000, { thenReset: true });
  const error: unknown = await session.send({ op: 'dump' }, 1_000).catch((reason: unknown) => reason);
  assert.match((error as Error).message, 'dump is sent while the answer to a reset is still to be taken');
});

const warning = oops('mm/memremap.c:514').replace(
  'kernel BUG at mm/memremap.c:514!',
  'WARNING: mm/memremap.c:514 at zone_device_page_init+0x1/0x2, CPU#0: zdagent/70',
);

test('a splat on the console belongs to the request behind, unless the log in the first answer has it', async () => {
  for (const mine of [false, true]) {
    const { session, pool } = await opened((request, reply, _n, guest) => {
      if (request.op === 'reset' && guest.requests.length > 2) guest.say(warning);
      return request.op === 'init' && mine ? { ...reply, log: warning.split('\n') } : reply;
    });
    await using _ = pool;
    const first = await session.send(INIT, 1_000, { thenReset: true });
    const second = await session.reset();
    const titles = [first, second].map((sent) => (sent.kind === 'reply' ? sent.splats.length : -1));
    assert.equal(titles, mine ? [1, 0] : [0, 1]);
  }
});

test('the reset goes along with the last step of a case and with no other', async () => {
  const sent: string[][] = [];
  const { records } = await run(
    [made('x', [init(0, 0), free(0)]), made('y', [init(0, 1), free(0)])],
    (): { spoil: Spoil } => ({
      spoil: (_request, reply, n, guest) => {
        // All that was sent before this answer was taken, since the last time.
        queueMicrotask(() => sent.push(ops(guest).slice(n - 1)));
        return reply;
      },
    }),
  );
  assert.equal(
    records.map(({ verdict }) => verdict),
    ['pass', 'pass'],
  );
  const together = sent.filter(([op]) => op === 'free' || op === 'init').map((some) => some.slice(0, 2));
  assert.equal(together, [['init'], ['free', 'reset'], ['init'], ['free', 'reset']]);
});

test.run();
