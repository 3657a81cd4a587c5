import * as assert from 'uvu/assert';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';
import type { FakeOptions } from './fake-guest.js';
import { oops } from './fake-guest.js';
import { bundled, free, init, made, run } from './support.js';

const test = suite('scenario/crash-ledger', { timeoutMs: 60_000 });

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

test.run();
