import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { agents, refused, statesOf } from './support.js';

const test = suite('agent/move', { timeoutMs: 20_000 });
const { compile, killAll, withMapping } = agents();
test.before(compile);
test.after.each(killAll);

test('what moves keeps its data, and its old place is empty or gone', async () => {
  const agent = await withMapping(6);
  const away = { id: 3, op: 'mremap', name: 'a', to: 'b', page: 2, n: 3, at: 5 };
  const reply = await agent.ask(away);
  assert.is(reply.ok, true);
  assert.is(BigInt(String(reply.addr)) % 0x200000n, 5n * 4096n);
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'b', seed: 7 })).bad_pages, 0);
  assert.is((await agent.ask({ id: 5, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  assert.equal(statesOf(await agent.ask({ id: 6, op: 'usermap', name: 'a' })), [
    'ram',
    'ram',
    'none',
    'none',
    'none',
    'ram',
  ]);
  refused(await agent.ask({ ...away, id: 7, to: 'c' }), 'ENOMEM', /unmapped/);
  const stay = await agent.ask({ id: 8, op: 'mremap', name: 'b', to: 'd', dontunmap: true });
  assert.is(stay.ok, true);
  assert.is((await agent.ask({ id: 9, op: 'verify', name: 'b', seed: 7 })).bad_pages, 0, 'zeros');
  assert.is((await agent.ask({ id: 10, op: 'verify', name: 'd', seed: 7 })).bad_pages, 0);
  assert.is((await agent.ask({ id: 11, op: 'mremap', name: 'd', to: 'e' })).ok, true);
  refused(await agent.ask({ id: 12, op: 'verify', name: 'd', seed: 7 }), 'ENOENT', /no mapping/);
});

test('locks and advice leave the data alone', async () => {
  const agent = await withMapping(4);
  for (const [i, step] of [
    { op: 'mlock', onfault: true },
    { op: 'munlock', page: 1, n: 2 },
    { op: 'munlock' },
    { op: 'madvise', advice: 'cold' },
    { op: 'madvise', advice: 'free', page: 0, n: 1 },
  ].entries())
    assert.is((await agent.ask({ id: 3 + i, name: 'a', ...step })).ok, true, JSON.stringify(step));
  assert.is((await agent.ask({ id: 20, op: 'verify', name: 'a', seed: 7, page: 1, n: 3 })).bad_pages, 0);
});

test('threads race on one mapping and all come to their end', async () => {
  const agent = await withMapping(64);
  const threads = [
    { do: 'touch', name: 'a', times: 20 },
    { do: 'write', name: 'a', times: 20 },
    { do: 'dontneed', name: 'a', page: 8, n: 8, cpu: 63 },
    { do: 'munmap', name: 'a', page: 16, n: 8 },
  ];
  const reply = await agent.ask({ id: 3, op: 'race', seed: 5, threads });
  assert.is(reply.ok, true);
  assert.equal(
    (reply.threads as { done: number }[]).map(({ done }) => done),
    [20, 20, 1, 1],
  );
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
});

test('a race that cannot be is refused before it begins', async () => {
  const agent = await withMapping(4);
  const race = (...threads: unknown[]) => agent.ask({ id: 3, op: 'race', threads });
  refused(await race(), 'EINVAL', /1 to 8/);
  refused(await race({ do: 'x', name: 'a' }), 'EINVAL', /unknown "do"/);
  refused(await race({ do: 'touch', name: 'b' }), 'ENOENT', /no such mapping/);
  refused(await race({ do: 'munmap', name: 'a' }), 'EINVAL', /as a whole/);
  refused(await race({ do: 'touch', name: 'a', cpu: 65 }), 'EINVAL', /cpu/);
  refused(await race({ do: 'evict', pfn: 0 }), 'EOPNOTSUPP', /no device memory/);
});

test.run();
