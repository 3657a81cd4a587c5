import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { agents, refused } from './support.js';

const test = suite('agent/watch', { timeoutMs: 20_000 });
const { compile, killAll, withMapping } = agents();
test.before(compile);
test.after.each(killAll);

test('what is asked wrongly of pins, watches, groups and folio sizes is refused', async () => {
  const agent = await withMapping(6);
  refused(await agent.ask({ id: 3, op: 'unpin' }), 'EINVAL', /nothing is pinned/);
  refused(await agent.ask({ id: 4, op: 'pin', name: 'a', n: 0 }), 'EINVAL', /"n"/);
  refused(
    await agent.ask({ id: 5, op: 'uffd', name: 'a', mode: 'x' }),
    'EINVAL',
    /"missing", "wp" or "none"/,
  );
  refused(await agent.ask({ id: 6, op: 'cgroup', enter: '../x' }), 'EINVAL', /name of a group/);
  refused(await agent.ask({ id: 7, op: 'cgroup', leave: 'g' }), 'EINVAL', /in no group/);
  refused(await agent.ask({ id: 8, op: 'cgroup', enter: 'g', leave: 'g' }), 'EINVAL', /name of a group/);
  refused(await agent.ask({ id: 9, op: 'populate', name: 'a', order: 2 }), 'EINVAL', /multiple of that size/);
  refused(await agent.ask({ id: 10, op: 'hmm', name: 'a' }), 'EOPNOTSUPP', /no device memory/);
  assert.is((await agent.ask({ id: 11, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
});

test('what nobody wrote to is expected to read as zeros, a part that was filled as its pattern', async () => {
  const agent = await withMapping(1);
  assert.is((await agent.ask({ id: 3, op: 'mmap', name: 'b', pages: 4 })).ok, true);
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'b', seed: 7 })).bad_pages, 0);
  await agent.ask({ id: 5, op: 'fill', name: 'b', seed: 7, page: 1, n: 1 });
  assert.is((await agent.ask({ id: 6, op: 'verify', name: 'b', seed: 7 })).bad_pages, 0);
  const other = (await agent.ask({ id: 7, op: 'verify', name: 'b', seed: 8 })).bad as { page: number }[];
  assert.equal(
    other.map(({ page }) => page),
    [1],
  );
});

test.run();
