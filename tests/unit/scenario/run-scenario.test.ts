import * as assert from 'uvu/assert';
import { Event, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { HELLO, oops } from './fake-guest.js';
import { Step } from '../../../orchestrator/scenario/schema.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { unmetRequirement } from '../../../orchestrator/scenario/requirements.js';
import { bundled, free, init, made, run } from './support.js';

const test = suite('scenario/run-scenario', { timeoutMs: 60_000 });
const NAMED = [
  'S1',
  'S2',
  'S2b',
  'S2f',
  'S3',
  'S5',
  'S6',
  'S7',
  'S9',
  'A1',
  'A3',
  'A4',
  'A5',
  'A6',
  'A7',
  'B1',
  'B2',
  'D1',
];
const PAIRS = ['9@0,4@16', '9@0,0@1', '0@1,9@0', '3@0,3@0', '8@256,9@0', '9@0,0@0'];

test('a kernel like 7.3 passes, with its known deviations and nothing else', async () => {
  const { records, events } = await run(await bundled(NAMED, PAIRS), { kernel: 'b' });
  const bad = records.filter((one) => !['pass', 'known'].includes(one.verdict));
  assert.equal(
    bad.map((one) => `${one.id}: ${one.reason}`),
    [],
  );
  const known = records.filter((one) => one.verdict === 'known').map((one) => one.id);
  for (const id of ['S2', 'S3', 'S7', 'S9'])
    assert.ok(known.includes(`mixed-order/${id}`), `${id} has no deviation`);
  for (const id of ['S1', 'S6']) assert.not.ok(known.includes(`mixed-order/${id}`), `${id} is not clean`);
  for (const record of records) TestRecord.parse(record);
  for (const event of events) Event.parse(event);
});

test('references given back by the size of the new folio are the free’s fault, a late write is seen in the new folio', async () => {
  const late = (n: number) => ({
    spoil: (request: Request, reply: Reply): Reply =>
      request.op === 'reuse' ? { ...reply, refs: (reply.refs ?? 0) + n } : reply,
  });
  const cases = await bundled(['A6']);
  const { of } = await run(cases, { kernel: 'b', ...late(511) });
  assert.equal([of('A6/9@0,0@0').verdict, of('A6/9@0,0@0').kind], ['fail', 'leak']);
  assert.match(of('A6/9@0,0@0').deviations[0]?.story ?? '', 'step 2 (free of page 0, order 9)');
  const lost = await run(cases, {
    kernel: 'b',
    spoil: (request, reply) => {
      if (request.op !== 'reuse' || !reply.freed) return reply;
      const { freed: _freed, ...rest } = reply;
      return rest;
    },
  });
  assert.is(lost.of('A6/9@0,0@0').verdict, 'fail');
});

test('S7 and S9 show what 7.3 leaves, by page, byte and mask', async () => {
  const { of } = await run(await bundled(['S7', 'S9']), { kernel: 'b' });
  const flags = of('S7').deviations.map(({ page, field, transition, known }) => [
    page,
    field,
    transition,
    known,
  ]);
  assert.equal(flags[0], [1, 'PG_has_hwpoisoned', 'order0→tail1', 'flags-above-low-byte']);
  assert.ok(flags.some(([, field]) => field === 'PG_partially_mapped'));
  const [memcg] = of('S9').deviations;
  assert.equal([memcg?.page, memcg?.byte, memcg?.mask], [1, 56, '0xffff888000000000']);
});

test('without the list of known issues the same deviations fail', async () => {
  const { of } = await run(await bundled(['S7', 'S9']), { kernel: 'b' }, { knownIssue: () => undefined });
  assert.is(of('S7').verdict, 'fail');
  assert.is(of('S9').kind, 'stale-field');
});

test('a kernel without re-initialisation fails where it must, with kind, step, page and byte', async () => {
  const { of } = await run(await bundled(NAMED, PAIRS), { kernel: 'a' });
  const first = (id: string): unknown[] => {
    const deviation = of(id).deviations.find((one) => one.known === undefined);
    return [of(id).verdict, of(id).kind, deviation?.step, deviation?.page, deviation?.byte, deviation?.field];
  };
  assert.equal(first('S1'), ['fail', 'wrong-head', 3, 0, 0, 'PG_head']);
  assert.equal(first('S2'), ['fail', 'stale-field', 3, 1, 0, 'PG_locked']);
  assert.ok(of('S2').deviations.some(({ kind, field }) => kind === 'wrong-head' && field === 'pgmap'));
  assert.equal(first('S3'), ['fail', 'wrong-head', 5, 256, 0, 'PG_head']);
  assert.equal(first('A2/9@0,0@1').slice(0, 3), ['fail', 'stale-field', 3]);
  for (const id of ['S5', 'A2/9@0,4@16']) {
    assert.equal([of(id).verdict, of(id).kind, of(id).runs], ['fail', 'splat', 1]);
    assert.match(of(id).reason ?? '', 'step 3 (init');
    assert.match(of(id).failureKey ?? '', 'zone_device_page_init');
  }
  for (const id of ['S6', 'A2/3@0,3@0', 'A2/0@1,9@0', 'A1/9@0', 'A5/misaligned']) {
    assert.ok(['pass', 'known'].includes(of(id).verdict), id);
  }
});

test('S2b reaches the hang and keeps the deviations that led to it', async () => {
  const { of } = await run(await bundled(['S2b']), { kernel: 'a' });
  const record = of('S2b');
  assert.equal([record.verdict, record.kind, record.runs], ['fail', 'hang', 1]);
  assert.is(record.failureKey, 'hang: __folio_lock < zone_device_page_init < zd_page_init');
  assert.match(record.reason ?? '', 'step 4');
  assert.ok(record.deviations.some(({ field }) => field === 'PG_head'));
  assert.match(record.evidence.join('\n'), 'variant a foretells: a hang');
});

test('without the clearing of _nr_pages S2f shows memcg_data, the step and the page', async () => {
  const { of } = await run(await bundled(['S2', 'S2f', 'A7']), { kernel: 'nomemcg' });
  const stale = of('S2').deviations.find((one) => one.known === undefined);
  assert.equal([stale?.page, stale?.byte, stale?.field, stale?.found], [1, 56, 'memcg_data', '0x200']);
  assert.is(of('A7/3,0@1').verdict, 'fail');
});

test('the steps after a failing one are not run', async () => {
  const { guests, of } = await run([made('x', [init(0, 9), free(0), init(0, 0), free(0), init(8, 3)])], {
    kernel: 'a',
  });
  assert.is(of('x').verdict, 'fail');
  const ops = guests[0]?.requests.map((request) => request.op);
  assert.equal(ops, ['reset', 'dump', 'init', 'free', 'init', 'reset', 'reset']);
});

test('a lost split callback is seen by D1, page by page', async () => {
  const { records } = await run(await bundled(['D1']), { splitCallbackLost: true });
  assert.is(records.length, 4);
  for (const record of records) {
    assert.is(record.verdict, 'fail');
    const fields = record.deviations.map(({ kind, field }) => `${kind} ${field}`);
    assert.ok(fields.includes('counter callbacks: folio_split order 9'), fields.join('; '));
    assert.ok(fields.includes('wrong-head pgmap'), fields.join('; '));
  }
});

test('each thing that a step on user memory leaves wrong in struct pages is seen', async () => {
  const cases = await bundled(['B1', 'D1']);
  const b1 = cases.filter((one) => one.id.endsWith('B1/after-9'));
  const d1 = cases.filter((one) => one.id.endsWith('D1/half'));
  const wrong: [string, Case[], string, number, number, number, bigint][] = [
    ['stale-field flags', b1, 'migrate', 1, 0, 1, 1n],
    ['stale-field flags', b1, 'migrate', 1, 0, 1, 2n],
    ['stale-field flags', b1, 'migrate', 1, 2, 1, 0n],
    ['stale-field flags', b1, 'migrate', 1, 7, 1, 0n],
    ['stale-field mapping', b1, 'migrate', 1, 24, 8, 0xffffffffn],
    ['stale-field index', b1, 'migrate', 511, 32, 8, 0n],
    ['stale-field private', b1, 'migrate', 3, 40, 8, 1n],
    ['counter _mapcount', b1, 'migrate', 0, 48, 4, 1n],
    ['stale-field memcg_data', b1, 'migrate', 1, 56, 8, 0x200n],
    ['stale-field memcg_data', b1, 'migrate', 1, 56, 8, 0n],
    ['stale-field memcg_data', b1, 'migrate', 600, 56, 8, 1n],
    ['refcount _refcount', b1, 'touch', 511, 52, 4, 1n],
    ['stale-field mapping', b1, 'touch', 511, 24, 8, 1n],
    ['wrong-head compound_info', d1, 'migrate', 700, 8, 8, 0xffffffffffffc001n],
    ['wrong-head flags_1', d1, 'migrate', 513, 0, 1, 8n],
    ['refcount _refcount', d1, 'migrate', 700, 52, 4, 1n],
    ['counter large_mapcount', d1, 'munmap', 513, 16, 4, 3n],
    ['wrong-head pgmap', d1, 'touch', 900, 8, 8, 0n],
    ['stale-field memcg_data', d1, 'touch', 900, 56, 8, 1n],
  ];
  for (const [want, which, at, page, byte, size, value] of wrong) {
    const { records } = await run(which, {
      scribble: (request, put) => void (request.op === at && put(page, byte, size, value)),
    });
    const found = records[0]?.deviations.map(({ kind, field }) => `${kind} ${field.replace(/^_/, '')}`) ?? [];
    const name = want.replace(' _', ' ');
    assert.ok(found.includes(name), `${at} ${page}+${byte}: ${want}, found ${found.join('; ')}`);
    assert.is(records[0]?.verdict, 'fail');
  }
});

test('memory that its process has given up may come to the device without PG_swapbacked', async () => {
  const steps = [
    { mmap: { pages: 4 } },
    { fill: {} },
    { migrate: { to: [{ page: 0, pfn: 1, order: 0 }] } },
    { madvise: { advice: 'free' } },
    { migrate: { to: [{ page: 1, pfn: 2, order: 0 }] } },
  ].map((step) => Step.parse(step));
  const verdicts = async (at: string, page: number): Promise<unknown> => {
    const { records } = await run([made('x', steps)], {
      scribble: (request, put) => void (request.op === at && put(page, 2, 1, 0n)),
    });
    return records.map(({ verdict, reason }) => [verdict, reason?.slice(0, 7)]);
  };
  assert.equal(await verdicts('munmap', 2), [['pass', undefined]]);
  assert.equal(await verdicts('madvise', 1), [['fail', 'step 4:']], 'what is there keeps it');
  assert.equal(await verdicts('migrate', 2), [['pass', undefined]]);
});

test('memory counters that do not agree with the page tables are seen, after the last munmap too', async () => {
  const cases = (await bundled(['B1'])).filter((one) => one.id.endsWith('B1/after-9'));
  for (const op of ['fill', 'munmap']) {
    for (const [rss, field] of [
      [{ counted_kb: 204, mapped_kb: 200, swap_kb: 0 }, 'MM_ANONPAGES'],
      [{ counted_kb: 200, mapped_kb: 200, swap_kb: 4 }, 'MM_SWAPENTS'],
      [{ counted_kb: 200, mapped_kb: 200, swap_kb: 4, swapped_kb: 8 }, 'MM_SWAPENTS'],
    ] as const) {
      const spoil = (request: { op: string }, reply: object): never =>
        (request.op === op ? { ...reply, rss } : reply) as never;
      const { records } = await run(cases, { spoil });
      const found = records[0]?.deviations.find(({ known }) => known === undefined);
      assert.equal([records[0]?.kind, found?.field], ['counter', field]);
    }
  }
});

test('a large folio that is counted when nothing is mapped any more is a wrong counter', async () => {
  const cases = (await bundled(['B1'])).filter((one) => one.id.endsWith('B1/after-9'));
  const counted = (left: number) => (request: { op: string; counters?: unknown }, reply: object) =>
    (request.counters === true
      ? { ...reply, counters: { refs: 0, mthp: { 9: { nr_anon: request.op === 'mmap' ? 3 : 3 + left } } } }
      : reply) as never;
  const balanced = (await run(cases, { spoil: counted(0) })).records[0];
  assert.equal(
    balanced?.deviations.filter(({ known }) => known === undefined),
    [],
  );
  const record = (await run(cases, { spoil: counted(1) })).records[0];
  const found = record?.deviations.at(-1);
  assert.equal(
    [record?.kind, found?.field, found?.expected, found?.found],
    ['counter', 'nr_anon of order 9', '3', '4'],
  );
});

test('wrong data is told with its page', async () => {
  const spoil = (request: { op: string }, reply: object): never =>
    (request.op === 'verify'
      ? { ...reply, bad: [{ page: 3, word: 0, expected: '0x1', found: '0x2' }], bad_pages: 1 }
      : reply) as never;
  const { of } = await run(await bundled(['B1']), { spoil });
  const record = of('B1/after-9');
  assert.equal([record.verdict, record.kind], ['fail', 'data']);
  assert.match(record.reason ?? '', 'page 3 of mapping m');
});

test('an access that ends in a signal is data that did not come back', async () => {
  const spoil = (request: { op: string }, reply: object): never =>
    (request.op === 'verify'
      ? { ...reply, ok: false, errno: 'EFAULT', error: 'signal', signal: { name: 'SIGBUS', page: 2 } }
      : reply) as never;
  const { of } = await run(await bundled(['B2']), { spoil });
  assert.equal([of('B2').kind, of('B2').deviations.at(-1)?.found], ['data', 'SIGBUS']);
});

test('a leaked reference is a leak', async () => {
  const spoil = (request: { op: string }, reply: { refs?: number }): never =>
    (request.op === 'free' ? { ...reply, refs: (reply.refs ?? 0) + 1 } : reply) as never;
  const { of } = await run([made('x', [init(0, 3), free(0)])], { spoil });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'leak']);
});

test('a splat in the log of a reply fails the test although the guest says ok', async () => {
  const warning = oops('mm/memremap.c:514').replace(
    'kernel BUG at mm/memremap.c:514!',
    'WARNING: mm/memremap.c:514 at zone_device_page_init+0x1/0x2, CPU#0: zdagent/70',
  );
  const { of } = await run([made('x', [init(0, 3), free(0)])], {
    spoil: (request, reply, _n, guest) => {
      if (request.op !== 'free') return reply;
      guest.say(warning);
      return { ...reply, log: warning.split('\n') };
    },
  });
  assert.equal([of('x').verdict, of('x').kind, of('x').splats.length], ['fail', 'splat', 1]);
});

test('a checksum that does not fit is our error, never a verdict', async () => {
  const { of, guests } = await run([made('x', [init(0, 3), free(0)]), made('y', [init(0, 0)])], (guest) => ({
    spoil: (request, reply) =>
      guest === 0 && request.op === 'init' && reply.changed
        ? { ...reply, changed: { ...reply.changed, crc: '0x12345678' } }
        : reply,
  }));
  assert.is(of('x').verdict, 'error');
  assert.match(of('x').reason ?? '', 'crc32');
  assert.is(of('y').verdict, 'pass');
  assert.is(guests.filter((guest) => guest.requests.length > 0).length, 2);
  assert.ok(guests[0]?.closed);
});

test('an answer that leaves out pages, references or callbacks is no answer', async () => {
  for (const gone of ['changed', 'refs', 'cb'] as const) {
    const { of } = await run([made('x', [init(0, 3), free(0)])], {
      spoil: (request, reply) => {
        if (request.op !== 'init') return reply;
        const { [gone]: _left, ...rest } = reply;
        return rest;
      },
    });
    assert.equal([gone, of('x').verdict], [gone, 'error']);
  }
});

test('what cannot be said of a later step does not take back a failure that was carried on from', async () => {
  const { of } = await run([made('x', [init(0, 3), free(0), init(1, 3)], { carryOn: true })], {
    spoil: (request, reply) => (request.op === 'init' ? { ...reply, refs: 99 } : reply),
  });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'leak']);
});

test('a refusal that was not asked for is our error, an accepted misuse too', async () => {
  const { of } = await run([
    made('x', [init(1, 3)]),
    made('y', [{ ...init(0, 3), expect: { refused: 'EBUSY' } }]),
    made('z', [{ ...init(1, 3), expect: { refused: 'EINVAL' } }]),
  ]);
  assert.is(of('x').verdict, 'error');
  assert.match(of('x').reason ?? '', 'step 1: the agent refused init: EINVAL');
  assert.is(of('y').verdict, 'error');
  assert.match(of('y').reason ?? '', 'had to be refused with EBUSY');
  assert.is(of('z').verdict, 'pass');
});

test('a case whose requirements are not met is skipped with the reason', async () => {
  const { of, guests } = await run([
    made('x', [init(0, 0)], { requires: { config: ['NUMA'], features: [] } }),
  ]);
  assert.equal([of('x').verdict, of('x').reason], ['skip', 'the kernel config has no CONFIG_NUMA']);
  assert.not.ok(guests[0]?.requests.some((request) => request.op === 'init'));
});

test('control groups that are switched off at boot are a reason to skip, too', async () => {
  const { layout } = HELLO;
  const hello = { ...HELLO, layout: { ...layout, consts: { ...layout.consts, memcg_disabled: 1 } } };
  const needs = (...config: string[]) => made('x', [init(0, 0)], { requires: { config, features: [] } });
  assert.match(unmetRequirement(needs('MEMCG'), hello) ?? '', 'switched off on the kernel command line');
  assert.is(unmetRequirement(needs('DEBUG_VM'), hello), undefined);
  assert.is(unmetRequirement(needs('MEMCG'), HELLO), undefined);
});

test('no steps is an error', async () => {
  assert.is((await run([made('x', [])])).of('x').verdict, 'error');
});

test('calls of the driver that the module lost are our fault, not the kernel’s', async () => {
  const { of } = await run([made('x', [init(0, 0), free(0)])], {
    spoil: (request, reply) => (request.op === 'free' ? { ...reply, cb: [], cb_dropped: 1 } : reply),
  });
  assert.is(of('x').verdict, 'error');
  assert.match(of('x').reason ?? '', 'lost 1 calls of the driver');
});

test('references that are put before the driver hears of the free', async () => {
  const { of } = await run([made('x', [init(0, 3), free(0)])], {
    spoil: (request, reply) => (request.op === 'free' ? { ...reply, early: 1 } : reply),
  });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'refcount']);
  assert.match(of('x').reason ?? '', 'step 2: pgmap.ref in folio_free');
});

test.run();
