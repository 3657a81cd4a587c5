import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { runOk } from '../../../orchestrator/process/child.js';
import { suite } from '../../harness/suite.js';
import { agents, refused, statesOf } from './support.js';
import type { Json, LocalAgent } from './local-agent.js';

const test = suite('agent/process', { timeoutMs: 20_000 });
const { compile, killAll, withMapping } = agents();
test.before(compile);
test.after.each(killAll);

async function forked(pages: number): Promise<LocalAgent> {
  const agent = await withMapping(pages);
  const reply = await agent.ask({ id: 3, op: 'fork', child: 'c' });
  assert.is(reply.ok, true);
  assert.type(reply.pid, 'number');
  return agent;
}

const bad = async (agent: LocalAgent, seed: number, where: Json = {}): Promise<unknown> =>
  (await agent.ask({ id: 90, op: 'verify', name: 'a', seed, ...where })).bad_pages;

test('a child has the data of its parent, and writes of either are not seen by the other', async () => {
  const agent = await forked(6);
  assert.is(await bad(agent, 7, { in: 'c' }), 0);
  await agent.ask({ id: 4, op: 'fill', name: 'a', seed: 8, in: 'c' });
  assert.equal([await bad(agent, 8, { in: 'c' }), await bad(agent, 7)], [0, 0]);
  await agent.ask({ id: 5, op: 'fill', name: 'a', seed: 9 });
  assert.equal([await bad(agent, 8, { in: 'c' }), await bad(agent, 9)], [0, 0]);
});

test('a write to a shared page faults in the process that writes', async () => {
  const agent = await forked(4);
  const faults = async (where: Json): Promise<unknown> =>
    ((await agent.ask({ id: 4, op: 'touch', name: 'a', n: 4, write: true, ...where })).faults as Json).min;
  assert.is(await faults({ in: 'c' }), 4);
  assert.is(await faults({ in: 'c' }), 0);
});

test('munmap in one process leaves the mapping of the other', async () => {
  const agent = await forked(4);
  await agent.ask({ id: 4, op: 'munmap', name: 'a', page: 1, n: 2, in: 'c' });
  const map = async (where: Json): Promise<unknown> =>
    statesOf(await agent.ask({ id: 5, op: 'usermap', name: 'a', ...where }));
  const cut = ['ram', 'none', 'none', 'ram'];
  assert.equal([await map({ in: 'c' }), await map({})], [cut, ['ram', 'ram', 'ram', 'ram']]);
  await agent.ask({ id: 6, op: 'munmap', name: 'a' });
  assert.equal(await map({ in: 'c' }), cut);
  refused(await agent.ask({ id: 7, op: 'usermap', name: 'a' }), 'ENOENT', /no mapping "a"/);
});

test('a signal in the child is its answer, and it goes on', async () => {
  const agent = await forked(2);
  await agent.ask({ id: 4, op: 'mprotect', name: 'a', prot: 'r', in: 'c' });
  const reply = await agent.ask({ id: 5, op: 'touch', name: 'a', page: 1, write: true, in: 'c' });
  refused(reply, 'EFAULT', /signal/);
  assert.equal(reply.signal, { name: 'SIGSEGV', page: 1 });
  assert.is(await bad(agent, 7, { in: 'c' }), 0);
});

test('a child that was killed is reported and gone', async () => {
  const agent = await withMapping(1);
  const { pid } = await agent.ask({ id: 3, op: 'fork', child: 'c' });
  process.kill(Number(pid), 'SIGKILL');
  refused(await agent.ask({ id: 4, op: 'touch', name: 'a', in: 'c' }), 'ECHILD', /killed by SIGKILL/);
  refused(await agent.ask({ id: 5, op: 'exit', child: 'c' }), 'ENOENT', /no child "c"/);
});

test('children have names of their own, and an ended one leaves its name', async () => {
  const agent = await forked(2);
  refused(await agent.ask({ id: 4, op: 'fork', child: 'c' }), 'EEXIST', /exists/);
  assert.is((await agent.ask({ id: 5, op: 'fork', child: 'd' })).ok, true);
  assert.is((await agent.ask({ id: 6, op: 'exit', child: 'c' })).ok, true);
  refused(await agent.ask({ id: 7, op: 'touch', name: 'a', in: 'c' }), 'ENOENT', /no child "c"/);
  assert.is(await bad(agent, 7, { in: 'd' }), 0);
  assert.is((await agent.ask({ id: 8, op: 'fork', child: 'c' })).ok, true);
});

test('only operations on memory are carried out in a child', async () => {
  const agent = await forked(1);
  refused(await agent.ask({ id: 4, op: 'reseed', seed: 1, in: 'c' }), 'EINVAL', /unknown member "in"/);
  refused(await agent.ask({ id: 5, op: 'fork', child: 'd', in: 'c' }), 'EINVAL', /unknown member "in"/);
});

test('a step of a child that passes its deadline is a hang of the child', async () => {
  const { agent, pid } = await (async () => {
    const one = await withMapping(1);
    await one.ask({ id: 3, op: 'mmap', name: 'b', pages: 65_536 });
    const reply = await one.ask({ id: 4, op: 'fork', child: 'c' });
    return { agent: one, pid: Number(reply.pid) };
  })();
  process.kill(pid, 'SIGSTOP');
  const reply = await agent.ask({ id: 5, op: 'touch', name: 'b', in: 'c', deadline_ms: 300 });
  assert.equal([reply.ok, reply.hang, reply.state], [false, true, 'T']);
  process.kill(pid, 'SIGKILL');
});

test('children end with the agent', async () => {
  const agent = await withMapping(1);
  const { pid } = await agent.ask({ id: 3, op: 'fork', child: 'c' });
  agent.endInput();
  assert.is(await agent.ended, 0);
  const stat = `/proc/${Number(pid)}/stat`;
  // Nobody may be there to reap it.
  const gone = (): boolean => !existsSync(stat) || / Z /.test(readFileSync(stat, 'utf8'));
  const until = performance.now() + 5_000;
  while (!gone() && performance.now() < until) await new Promise((wake) => setTimeout(wake, 20));
  assert.ok(gone());
});

test('an answer has the maps that are asked for, of the process that carried out the step', async () => {
  const agent = await withMapping(3);
  await agent.ask({ id: 3, op: 'fork', child: 'c' });
  const map = ['a', 'b'];
  const own = await agent.ask({ id: 4, op: 'munmap', name: 'a', page: 1, n: 1, map });
  assert.equal(Object.keys(own.maps as Json), ['a']);
  assert.equal(statesOf({ pages: (own.maps as Json).a }), ['ram', 'none', 'ram']);
  assert.type((own.rss as Json).counted_kb, 'number');
  const child = await agent.ask({ id: 5, op: 'touch', name: 'a', in: 'c', map });
  assert.equal(statesOf({ pages: (child.maps as Json).a }), ['ram', 'ram', 'ram']);
  const gone = await agent.ask({ id: 6, op: 'munmap', name: 'a', map });
  assert.equal(gone.maps, {});
});

test('what is asked wrongly of maps is refused before anything is done', async () => {
  const agent = await forked(2);
  for (const where of [{}, { in: 'c' }]) {
    for (const map of ['a', { a: 1 }, null, ['a', 7], [null]]) {
      const reply = await agent.ask({ id: 4, op: 'munmap', name: 'a', map, ...where });
      refused(reply, 'EINVAL', /"map": expected names of mappings/);
      assert.is(reply.maps, undefined);
    }
    assert.is(await bad(agent, 7, where), 0);
    assert.equal((await agent.ask({ id: 5, op: 'touch', name: 'a', map: [], ...where })).maps, {});
    assert.equal((await agent.ask({ id: 6, op: 'touch', name: 'a', map: ['b'], ...where })).maps, {});
  }
  for (const op of ['fork', 'exit', 'reseed', 'counters'])
    refused(await agent.ask({ id: 7, op, map: ['a'] }), 'EINVAL', /unknown member "map"/);
  const failed = await agent.ask({ id: 8, op: 'touch', name: 'b', map: ['a'] });
  refused(failed, 'ENOENT', /no mapping "b"/);
  assert.is(failed.maps, undefined);
});

test('a mapping of any name is told, and an answer stays one where the page map cannot be read', async () => {
  const agent = await withMapping(2);
  const name = 'q"\\u0041';
  assert.is((await agent.ask({ id: 3, op: 'mmap', name, pages: 1 })).ok, true);
  const told = await agent.ask({ id: 4, op: 'touch', name, map: ['a', name] });
  assert.equal(Object.keys(told.maps as Json), ['a', name]);
  // No file can be opened any more.
  await runOk(['prlimit', `--pid=${agent.pid}`, '--nofile=3:3'], { what: 'prlimit', deadlineMs: 5000 });
  for (const more of [
    { op: 'usermap', name: 'a' },
    { op: 'touch', name: 'a', map: ['a'], counters: true },
  ]) {
    const reply = await agent.ask({ id: 5, ...more });
    refused(reply, 'EIO', /\/proc\/self\/pagemap/);
    assert.equal([reply.id, reply.pages, reply.maps], [5, undefined, undefined]);
  }
});

test('counters are those of the process that carried out the step', async () => {
  const agent = await forked(64);
  await agent.ask({ id: 4, op: 'munmap', name: 'a', in: 'c' });
  const mapped = async (where: Json): Promise<number> => {
    const reply = await agent.ask({ id: 5, op: 'mmap', name: 'z', pages: 1, counters: true, ...where });
    assert.type((reply.counters as Json).refs, 'number');
    assert.type(((reply.counters as Json).vmstat as Json).nr_anon_pages, 'number');
    return (reply.rss as { mapped_kb: number }).mapped_kb;
  };
  assert.ok((await mapped({})) - (await mapped({ in: 'c' })) >= 200);
});

test.run();
