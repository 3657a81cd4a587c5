import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { clockArguments } from '../../../orchestrator/guest/guest-clock.js';
import { runOk } from '../../../orchestrator/process/child.js';
import { sleep } from '../../../orchestrator/process/deadline.js';
import { suite } from '../../harness/suite.js';
import type { Json } from './local-agent.js';
import { agents, refused } from './support.js';

const test = suite('agent/agent', { timeoutMs: 20_000 });
const { binary, compile, killAll, start, withMapping } = agents();

const allowedProcessors = (): string | undefined =>
  /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
/** Before any agent has been started. */
const PROCESSORS = allowedProcessors();

test.before(compile);
test.after.each(killAll);

test('says at once why there is no device memory', async () => {
  const { hello } = await start();
  assert.is(hello.hello, 1);
  assert.is(hello.feature, false);
  assert.match(String(hello.why), /\/dev\/zdplace/);
  assert.is(hello.chunk, null);
});

test('leaves the process that started it on the processors it had', async () => {
  const agent = await withMapping(1);
  assert.is((await agent.ask({ id: 3, op: 'touch', name: 'a' })).ok, true);
  assert.is(allowedProcessors(), PROCESSORS);
});

test('answers every line, in order, with the id of the request', async () => {
  const { agent } = await start();
  agent.write('{"id":5,"op":"mmap","name":"a","pages":1}\n{"id":3,"op":"munmap","name":"a"}\n');
  agent.write('{"id":9,"op":"usermap","name":"a"}\n');
  const replies = [await agent.line(), await agent.line(), await agent.line()];
  assert.equal(
    replies.map((reply) => [reply.id, reply.ok]),
    [
      [5, true],
      [3, true],
      [9, false],
    ],
  );
});

test('reports references, callbacks, changes and log in every reply', async () => {
  const { agent } = await start();
  const reply = await agent.ask({ id: 1, op: 'nothing' });
  assert.equal(
    { refs: reply.refs, cb: reply.cb, changed: reply.changed },
    { refs: 0, cb: [], changed: { pfns: [], words: '', crc: '0x00000000' } },
  );
  assert.ok(Array.isArray(reply.log));
});

const BAD: readonly (readonly [string, string, RegExp])[] = [
  ['not JSON', '{"id":1,', /not JSON/],
  ['a member twice', '{"id":1,"id":2,"op":"counters"}', /not JSON: duplicate/],
  ['not an object', '[1]', /expected a JSON object/],
  ['no id', '{"op":"counters"}', /"id"/],
  ['an id that is text', '{"id":"1","op":"counters"}', /"id"/],
  ['no op', '{"id":1}', /"op" is missing/],
  ['an op it does not know', '{"id":1,"op":"intit"}', /unknown op "intit"/],
  ['a member it does not know', '{"id":1,"op":"mmap","name":"a","page":4}', /unknown member "page"/],
  ['a missing member', '{"id":1,"op":"mmap","name":"a"}', /"pages" is missing/],
  ['a negative number', '{"id":1,"op":"mmap","name":"a","pages":-1}', /"pages"/],
  ['a number as plain text', '{"id":1,"op":"mmap","name":"a","pages":"4"}', /"pages"/],
  ['a number that is too large', '{"id":1,"op":"mmap","name":"a","pages":1000000}', /at most/],
  ['no pages', '{"id":1,"op":"mmap","name":"a","pages":0}', /at least 1/],
  ['a word for a flag', '{"id":1,"op":"mmap","name":"a","pages":1,"thp":"yes"}', /true or false/],
  ['too long a name', `{"id":1,"op":"mmap","name":"${'x'.repeat(40)}","pages":1}`, /characters/],
];
for (const [what, line, words] of BAD) {
  test(`refuses ${what} and goes on`, async () => {
    const { agent } = await start();
    refused(await agent.ask(line), 'EINVAL', words);
    assert.is((await agent.ask({ id: 2, op: 'mmap', name: 'b', pages: 1 })).ok, true);
  });
}

test('refuses a line of more than a mebibyte and goes on', async () => {
  const { agent } = await start();
  refused(await agent.ask(`{"id":1,"op":"${'x'.repeat(3 << 20)}"}`), 'EINVAL', /more than 1048576 bytes/);
  assert.is((await agent.ask({ id: 2, op: 'mmap', name: 'b', pages: 1 })).id, 2);
});

test('refuses operations on the device', async () => {
  const { agent } = await start();
  for (const op of ['dump', 'counters', 'reset', 'evict', 'knobs', 'swap'])
    refused(await agent.ask({ id: 1, op }), 'EOPNOTSUPP', /no device memory/);
});

test('tells what its control group is charged for, or nothing where no group counts', async () => {
  const agent = await withMapping(5);
  const reply = await agent.ask({ id: 3, op: 'charge' });
  assert.is(reply.ok, true);
  const group = /^0::(\/.+)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (group === undefined) assert.is(reply.charge, undefined);
  for (const pages of Object.values((reply.charge ?? {}) as Json)) assert.ok(Number(pages) >= 0);
});

test('finds no bad page after filling, every page with another seed', async () => {
  const agent = await withMapping(5);
  const same = await agent.ask({ id: 3, op: 'verify', name: 'a', seed: 7 });
  assert.equal([same.bad, same.bad_pages], [[], 0]);
  const other = await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 8 });
  assert.is(other.bad_pages, 5);
  assert.equal(
    (other.bad as { page: number; word: number }[]).map((bad) => [bad.page, bad.word]),
    [0, 1, 2, 3, 4].map((page) => [page, 0]),
  );
});

test('finds exactly the pages that were written since', async () => {
  const agent = await withMapping(8);
  await agent.ask({ id: 3, op: 'fill', name: 'a', seed: '0xffffffffffffffff', page: 2, n: 3 });
  const reply = await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 });
  assert.equal(
    (reply.bad as { page: number }[]).map((bad) => bad.page),
    [2, 3, 4],
  );
});

test('touching for writing keeps the data', async () => {
  const agent = await withMapping(4);
  assert.is((await agent.ask({ id: 3, op: 'touch', name: 'a', page: 0, n: 4, write: true })).ok, true);
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
});

test('counts the faults of the first access only', async () => {
  const { agent } = await start();
  await agent.ask({ id: 1, op: 'mmap', name: 'a', pages: 4 });
  const faults = async (id: number): Promise<unknown> =>
    ((await agent.ask({ id, op: 'touch', name: 'a', page: 0, n: 4, write: true })).faults as Json).min;
  assert.is(await faults(2), 4);
  assert.is(await faults(3), 0);
});

test('leaves out the pages that were unmapped', async () => {
  const agent = await withMapping(10);
  assert.is((await agent.ask({ id: 3, op: 'munmap', name: 'a', page: 3, n: 4 })).ok, true);
  assert.is((await agent.ask({ id: 4, op: 'verify', name: 'a', seed: 7 })).bad_pages, 0);
  const map = (await agent.ask({ id: 5, op: 'usermap', name: 'a' })).pages as Json[];
  assert.equal(
    map.map((run) => [run.page, run.n, run.state]),
    [
      [0, 3, 'ram'],
      [3, 4, 'none'],
      [7, 3, 'ram'],
    ],
  );
});

test('refuses a range that leaves the mapping', async () => {
  const agent = await withMapping(4);
  refused(await agent.ask({ id: 3, op: 'touch', name: 'a', page: 4 }), 'EINVAL', /"page": at most 3/);
  refused(await agent.ask({ id: 4, op: 'touch', name: 'a', page: 2, n: 3 }), 'EINVAL', /"n": at most 2/);
  refused(await agent.ask({ id: 5, op: 'touch', name: 'b', page: 2 }), 'ENOENT', /no mapping "b"/);
  refused(await agent.ask({ id: 6, op: 'mmap', name: 'a', pages: 1 }), 'EEXIST', /exists/);
});

test('says what the mm counts as anonymous and what its page tables map, also after the last munmap', async () => {
  const agent = await withMapping(64);
  const rss = async (request: Json): Promise<Readonly<Record<string, number>>> =>
    (await agent.ask(request))['rss'] as never;
  const mapped = await rss({ id: 3, op: 'usermap', name: 'a' });
  const unmapped = await rss({ id: 4, op: 'munmap', name: 'a' });
  // Older kernels than those with the feature count in batches: what is mapped is exact on all.
  assert.is((mapped['mapped_kb'] ?? 0) - (unmapped['mapped_kb'] ?? 0), 256);
  for (const one of [mapped, unmapped]) assert.type(one['counted_kb'], 'number');
});

test('a step that passes its deadline is a hang, and only dump and counters come after it', async () => {
  const { agent } = await start();
  await agent.ask({ id: 1, op: 'mmap', name: 'a', pages: 16_384 });
  const reply = await agent.ask({ id: 2, op: 'fill', name: 'a', seed: 1, deadline_ms: 0 });
  assert.equal([reply.id, reply.ok, reply.hang], [2, false, true]);
  assert.match(String(reply.state), /^[RSD]$/);
  assert.ok(Array.isArray(reply.stack));
  refused(await agent.ask({ id: 3, op: 'usermap', name: 'a' }), 'EBUSY', /an earlier step hangs/);
  refused(await agent.ask({ id: 4, op: 'dump' }), 'EOPNOTSUPP', /no device memory/);
});

test('a step during which everything stood still is none, however late the clock says it is', async () => {
  const agent = await withMapping(65_536);
  const answer = agent.ask({ id: 3, op: 'verify', name: 'a', seed: 7, deadline_ms: 2000 });
  await sleep(50);
  // As the clock of a guest runs on while its host sleeps.
  process.kill(agent.pid, 'SIGSTOP');
  await sleep(2500);
  process.kill(agent.pid, 'SIGCONT');
  const reply = await answer;
  assert.equal([reply.ok, reply.hang, reply.bad_pages], [true, undefined, 0]);
});

test('ends with its input and does not answer a torn line', async () => {
  const { agent } = await start();
  agent.write('{"id":1,"op":"counters"}\n{"id":2,"op":"counters"}');
  agent.endInput();
  assert.is(await agent.ended, 0);
  assert.is(agent.unread.length, 1);
});

test('says so and fails where nobody reads its replies', async () => {
  const { agent } = await start();
  agent.closeOutput();
  agent.write('{"id":1,"op":"counters"}\n');
  assert.is(await agent.ended, 1);
  assert.match(agent.stderr, /cannot write the reply/);
});

const measure = async (): Promise<string> =>
  (await runOk([binary(), '--tsc-khz'], { what: 'the agent', deadlineMs: 10_000 })).stdout;

test('asked for the rate of a processor it prints one number, and soon', async () => {
  const took: number[] = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { stdout, stderr, durationMs } = await runOk([binary(), '--tsc-khz'], {
      what: 'the agent',
      deadlineMs: 10_000,
    });
    assert.match(stdout, /^(0|[1-9]\d{4,7})\n$/);
    assert.is(stderr, '');
    took.push(durationMs);
  }
  // It sleeps for 20 ms; a busy machine may be slow to begin.
  assert.ok(Math.min(...took) < 1000, `${took.join(', ')} ms`);
});

test('that rate becomes words for a kernel where this counter is a clock, and nothing elsewhere', async () => {
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
  const words = clockArguments(await measure());
  // Linux names both after the one bit of CPUID; constant_tsc also where it knows the processor by its model.
  if (flags.includes('nonstop_tsc')) assert.is(words.length, 2);
  if (!flags.includes('constant_tsc')) assert.equal(words, []);
});

test('that rate is the same again', async () => {
  const [one, other] = [Number(await measure()), Number(await measure())];
  // The kernel of a guest takes what is off by less for noise: 500 ppm is what NTP can make up for.
  assert.ok(Math.abs(one - other) <= one * 0.0005, `${one} and ${other} kHz`);
});

test.run();
