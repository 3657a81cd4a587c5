import * as assert from 'uvu/assert';
import type { Run } from '../../../orchestrator/scenario/confirm.js';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';
import type { FakeOptions } from './fake-guest.js';
import { oops } from './fake-guest.js';
import { bundled, free, init, made, run } from './support.js';

const test = suite('scenario/crash-ledger', { timeoutMs: 60_000 });

const PAIRS = ['9@0,4@16', '9@0,4@32', '9@0,3@8', '9@0,2@4', '8@0,2@4', '9@0,0@1', '3@0,3@0'];

const leftOutOf = (ran: readonly Run[]): string[] =>
  ran.filter(({ outcome }) => outcome.leftOut).map(({ test: { id } }) => id);
const idsOf = (records: readonly { readonly id: string }[]): string[] => records.map(({ id }) => id);

test('generated cases that the model knows to crash as others did are left out, and say so', async () => {
  const cases = await bundled([], PAIRS);
  assert.is(cases.length, PAIRS.length);
  const ran: Run[] = [];
  const { records, of, guests } = await run(cases, { kernel: 'a' }, { onRan: (one) => void ran.push(one) });
  const splats = records.filter((one) => one.kind === 'splat');
  assert.is(splats.length, 2);
  const left = records.filter((one) => one.verdict === 'skip');
  assert.is(left.length, 3);
  assert.match(
    left[0]?.reason ?? '',
    "not run: the model's variant a, right at every step so far, foretells the crash of mixed-order/A2/",
  );
  assert.equal(leftOutOf(ran), idsOf(left));
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
  const ran: Run[] = [];
  const { records, guests } = await run(cases, fake, { onRan: (one) => void ran.push(one) });
  const hung = records.filter(({ kind }) => kind === 'hang');
  const left = records.filter(({ verdict }) => verdict === 'skip');
  assert.is(hung.length, 2);
  assert.ok(left.length >= 3);
  assert.equal(leftOutOf(ran), idsOf(left));
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

test('the order says which are run and which are left out, and is the same where those that come last are', async () => {
  const cases = await bundled([], PAIRS);
  const crashed = async (last?: readonly string[]): Promise<readonly string[]> => {
    const { records } = await run(cases, { kernel: 'a' }, last && { last: new Set(last) });
    assert.equal(idsOf(records), idsOf(cases));
    return records.filter(({ kind }) => kind === 'splat').map(({ id }) => id.split('/')[2] as string);
  };
  const first = await crashed();
  assert.is(first.length, 2);
  const some = first.map((id) => `mixed-order/A2/${id}`).slice(0, 2);
  const other = await crashed(some);
  assert.not.equal(other, first);
  assert.equal(await crashed(some), other);
  assert.equal(await crashed(idsOf(cases)), first);
});

test('lanes that come to such cases at once do not run more of them, where they are known to end their guest', async () => {
  const cases = await bundled([], PAIRS);
  const last = new Set(idsOf(cases));
  const { records, guests } = await run(cases, { kernel: 'a' }, { lanes: 4, last });
  assert.is(records.filter(({ kind }) => kind === 'splat').length, 2);
  assert.is(records.filter(({ verdict }) => verdict === 'skip').length, 3);
  assert.ok(guests.length <= 8);
});

test('who lacks what a case needs leaves nothing out', async () => {
  const needs = { requires: { config: ['NO_SUCH_THING'], features: [] } };
  const ran: Run[] = [];
  const { of } = await run([made('x', [init(0, 0)], needs)], {}, { onRan: (one) => void ran.push(one) });
  assert.is(of('x').verdict, 'skip');
  assert.equal([ran.length, leftOutOf(ran)], [1, []]);
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

test.run();
