import * as assert from 'uvu/assert';
import { lookAt, lookWith } from '../../../orchestrator/scenario/look.js';
import type { Look } from '../../../orchestrator/scenario/look.js';
import { TEST_PROCESS } from '../../../orchestrator/scenario/mappings.js';
import type { Mapping } from '../../../orchestrator/scenario/mappings.js';
import type { MapRun, Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { actionOf } from '../../../orchestrator/scenario/schema.js';
import type { Step } from '../../../orchestrator/scenario/schema.js';
import type { GuestSession, Sent } from '../../../orchestrator/scenario/session.js';
import { suite } from '../../harness/suite.js';
import { made, run } from './support.js';

const test = suite('scenario/look');

const mapping = (name: string, process = TEST_PROCESS): Mapping => ({
  process,
  name,
  pages: 1,
  inserted: false,
  seed: 1,
  gone: new Set(),
  prot: new Map(),
});
const at = (pfn: number): MapRun[] => [{ page: 0, n: 1, state: 'device', pfn }];
const RSS = { counted_kb: 4, mapped_kb: 4, swap_kb: 0 };

interface Looked {
  readonly look: Look | { readonly sent: Sent };
  /** What was asked beside the step. */
  readonly asked: readonly Request[];
}

/** A look after a step that `process` carried out, at mappings that a guest answers for as `answer` says. */
async function looked(
  mappings: readonly Mapping[],
  reply: Partial<Reply>,
  process = TEST_PROCESS,
  answer: Sent = { kind: 'reply', splats: [], reply: { ok: true, pages: at(99), cb: [], refs: 9, rss: RSS } },
): Promise<Looked> {
  const asked: Request[] = [];
  const session = {
    send: async (request: Request): Promise<Sent> => {
      asked.push(request);
      return answer;
    },
  } as unknown as GuestSession;
  const step = { reply: { ok: true, refs: 5, ...reply }, process };
  return { look: await lookAt(session, mappings, step, 1), asked };
}

function runsOf({ look }: Looked): (readonly MapRun[])[] {
  assert.ok('runs' in look);
  return [...look.runs.values()];
}

test('a step on a mapping asks where its pages are, a move is about two and a step on none about all', () => {
  const of = (step: Step): unknown => lookWith(actionOf(step));
  assert.equal(of({ mmap: { name: 'a', pages: 4 } }), { map: ['a'] });
  assert.equal(of({ munmap: { name: 'b', every: 1 } }), { map: ['b'] });
  assert.equal(of({ touch: { name: 'c', in: 'child', page: 0, pages: 1 } }), { map: ['c'] });
  assert.equal(of({ mremap: { name: 'a', to: 'b' } }), {});
  assert.equal(of({ fork: { child: 'c' } }), {});
  assert.equal(of({ evict: {} }), {});
  assert.equal(of({ free: { pfn: 0, how: 'page' } }), {});
});

test('what the answer to the step says is not asked again', async () => {
  const a = mapping('a');
  const cb = [{ fn: 'folio_free', pfn: 3, order: 0 }] as const;
  const seen = await looked([a], { maps: { a: at(7) }, cb: [...cb], refs_of: [1, 4, 0], rss: RSS });
  assert.equal(seen.asked, []);
  assert.equal(seen.look, {
    runs: new Map([[a, at(7)]]),
    callbacks: [...cb],
    refs: 5,
    refsOf: [1, 4, 0],
    rss: [RSS],
  });
  // Nothing is mapped there any more.
  assert.equal(runsOf(await looked([a], { maps: { a: [] } })), [[]]);
});

test('other processes are asked, each for its own', async () => {
  const all = [mapping('a'), mapping('a', 'c'), mapping('a', 'd')];
  const child = await looked(all, { maps: { a: at(7) }, refs_of: [1, 4, 0] }, 'c');
  assert.equal(runsOf(child), [at(99), at(7), at(99)]);
  assert.equal(child.asked, [
    { op: 'usermap', name: 'a' },
    { op: 'usermap', name: 'a', in: 'd' },
  ]);
  assert.ok('refs' in child.look);
  assert.equal([child.look.refs, child.look.rss.length], [9, 3]);
  assert.is(child.look.refsOf, undefined, 'all 9 are of the first device, as the last answer has it');
});

test('what the answer does not say is asked', async () => {
  const [a, b] = [mapping('a'), mapping('b')];
  for (const reply of [{}, { ok: false }, { maps: {} }, { maps: { b: at(7) } }]) {
    const seen = await looked([a], reply);
    assert.equal(runsOf(seen), [at(99)]);
    assert.equal(seen.asked, [{ op: 'usermap', name: 'a' }]);
  }
  assert.equal(runsOf(await looked([a, b], { maps: { b: at(7) } })), [at(99), at(7)]);
});

test('what is no list of runs is none', async () => {
  for (const odd of [7, 'ram', {}, true, null])
    assert.equal(runsOf(await looked([mapping('a')], { maps: { a: odd } as never })), [at(99)]);
  // Every object has something of that name.
  assert.equal(runsOf(await looked([mapping('constructor')], { maps: {} })), [at(99)]);
  const answer: Sent = { kind: 'reply', splats: [], reply: { ok: true, pages: 'ram' as never } };
  assert.equal(runsOf(await looked([mapping('a')], {}, TEST_PROCESS, answer)), [[]]);
});

test('a look that goes wrong is what came of the step', async () => {
  for (const answer of [
    { kind: 'lost', why: 'gone', splats: [], console: '' },
    { kind: 'hang', reply: { ok: false, hang: true }, splats: [] },
    { kind: 'reply', reply: { ok: false, errno: 'EIO' }, splats: [] },
    { kind: 'broken', why: 'torn' },
  ] satisfies Sent[])
    assert.equal((await looked([mapping('a')], {}, TEST_PROCESS, answer)).look, { sent: answer });
});

test('a case asks once a step, and what it was asked with is not in the journal', async () => {
  const steps = [{ mmap: { name: 'a', pages: 2 } }, { fill: { name: 'a', seed: 1 } }];
  const { records, guests, events } = await run([made('x', steps)]);
  assert.is(records[0]?.verdict, 'pass');
  const requests = guests.flatMap((guest) => guest.requests);
  assert.is(requests.filter(({ op }) => op === 'usermap').length, 0);
  assert.equal(requests.find(({ op }) => op === 'fill')?.['map'], ['a']);
  const told = events.flatMap((event) => (event.type === 'step' ? [[event.op, event.reply]] : []));
  assert.ok(told.length >= 2);
  assert.not.match(JSON.stringify(told), '"map');
});

test.run();
