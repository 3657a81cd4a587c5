import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { agents, refused, statesOf } from './support.js';

const test = suite('agent/vma', { timeoutMs: 20_000 });
const { compile, killAll, withMapping } = agents();
test.before(compile);
test.after.each(killAll);

test('dropped pages read as zeros until they are filled again', async () => {
  const agent = await withMapping(8);
  await agent.ask({ id: 3, op: 'madvise', name: 'a', page: 1, n: 7, every: 2, advice: 'dontneed' });
  const map = statesOf(await agent.ask({ id: 4, op: 'usermap', name: 'a' }));
  assert.equal(map, ['ram', 'none', 'ram', 'none', 'ram', 'none', 'ram', 'none']);
  assert.is((await agent.ask({ id: 5, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  await agent.ask({ id: 6, op: 'fill', name: 'a', seed: 7, page: 3, n: 1 });
  assert.is((await agent.ask({ id: 7, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  const other = (await agent.ask({ id: 8, op: 'verify', name: 'a', seed: 8 })).bad as { page: number }[];
  assert.equal(
    other.map(({ page }) => page),
    [0, 2, 3, 4, 6],
  );
});

test('what is swapped out keeps its data', async () => {
  const agent = await withMapping(4);
  for (const advice of ['pageout', 'swapout'])
    assert.is((await agent.ask({ id: 3, op: 'madvise', name: 'a', page: 1, n: 2, advice })).ok, true);
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  const states = statesOf(await agent.ask({ id: 5, op: 'usermap', name: 'a' }));
  assert.equal(states, ['ram', 'ram', 'ram', 'ram']);
});

test('every second page is unmapped', async () => {
  const agent = await withMapping(5);
  await agent.ask({ id: 3, op: 'munmap', name: 'a', n: 5, every: 2 });
  assert.equal(statesOf(await agent.ask({ id: 4, op: 'usermap', name: 'a' })), [
    'none',
    'ram',
    'none',
    'ram',
    'none',
  ]);
  refused(
    await agent.ask({ id: 5, op: 'munmap', name: 'a', n: 5, every: 0 }),
    'EINVAL',
    /"every": at least 1/,
  );
});

test('a new mapping does not come into the hole of another and go with it', async () => {
  const agent = await withMapping(2048);
  await agent.ask({ id: 3, op: 'munmap', name: 'a', page: 100, n: 1900 });
  for (const [id, name] of ['b', 'c'].entries())
    assert.is((await agent.ask({ id: 10 + id, op: 'mmap', name, pages: 1 })).ok, true);
  await agent.ask({ id: 4, op: 'fill', name: 'b', seed: 8 });
  await agent.ask({ id: 5, op: 'munmap', name: 'a' });
  const reply = await agent.ask({ id: 6, op: 'verify', name: 'b', seed: 8 });
  assert.equal([reply.ok, reply.bad_pages], [true, 0]);
});

test('a change of pages that are not all mapped is refused and changes none', async () => {
  const agent = await withMapping(6);
  await agent.ask({ id: 3, op: 'munmap', name: 'a', page: 3, n: 1 });
  const all = { name: 'a', page: 1, n: 5 };
  refused(
    await agent.ask({ id: 4, op: 'madvise', ...all, advice: 'dontneed' }),
    'ENOMEM',
    /page 3 is unmapped/,
  );
  refused(await agent.ask({ id: 5, op: 'mprotect', ...all, every: 2, prot: 'none' }), 'ENOMEM', /page 3/);
  const reply = await agent.ask({ id: 6, op: 'verify', name: 'a', seed: 7 });
  assert.equal([reply.ok, reply.bad_pages], [true, 0]);
  assert.is(
    (await agent.ask({ id: 7, op: 'mprotect', ...all, page: 2, n: 3, every: 2, prot: 'r' })).ok,
    true,
  );
});

test('a protected page answers an access with a signal', async () => {
  const agent = await withMapping(4);
  await agent.ask({ id: 3, op: 'mprotect', name: 'a', page: 2, n: 1, prot: 'none' });
  const reply = await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 });
  assert.equal(reply.signal, { name: 'SIGSEGV', page: 2 });
  await agent.ask({ id: 5, op: 'mprotect', name: 'a', prot: 'r' });
  assert.is((await agent.ask({ id: 6, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  const write = await agent.ask({ id: 7, op: 'touch', name: 'a', page: 3, write: true });
  assert.equal(write.signal, { name: 'SIGSEGV', page: 3 });
  await agent.ask({ id: 8, op: 'mprotect', name: 'a', prot: 'rw' });
  assert.is((await agent.ask({ id: 9, op: 'touch', name: 'a', page: 3, write: true })).ok, true);
});

test('pages that are populated or locked hold what they held', async () => {
  const agent = await withMapping(4);
  await agent.ask({ id: 3, op: 'madvise', name: 'a', page: 1, n: 1, advice: 'dontneed' });
  assert.is((await agent.ask({ id: 4, op: 'madvise', name: 'a', advice: 'populate_read' })).ok, true);
  assert.is((await agent.ask({ id: 5, op: 'mlock', name: 'a', page: 2, n: 2 })).ok, true);
  assert.is((await agent.ask({ id: 6, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  refused(await agent.ask({ id: 7, op: 'mlock', name: 'a', n: 0 }), 'EINVAL', /"n": at least 1/);
});

test('words that it does not know are refused', async () => {
  const agent = await withMapping(1);
  refused(await agent.ask({ id: 3, op: 'mprotect', name: 'a', prot: 'x' }), 'EINVAL', /"none", "r" or "rw"/);
  refused(await agent.ask({ id: 4, op: 'madvise', name: 'a', advice: 'x' }), 'EINVAL', /unknown "advice"/);
});

test.run();
