import type { ServerChannel } from 'ssh2';
import * as assert from 'uvu/assert';
import { AgentChannel } from '../../../orchestrator/guest/agent.js';
import type { GuestLoss } from '../../../orchestrator/guest/guest.js';
import { connect } from '../../../orchestrator/guest/ssh.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { LineSplitter } from '../../../orchestrator/process/output.js';
import { suite } from '../../harness/suite.js';
import { FakeGuest } from './fake-guest.js';

const test = suite('guest/agent');
const HELLO = '{"hello":1,"feature":true,"why":null,"kernel":"7.3.4","chunk":{"pages":2048}}\n';

interface Asked {
  readonly id: number;
  readonly op: string;
}

/** An agent that says `hello` and then does what `answer` does with each request. */
async function agentOf(
  answer: (request: Asked, channel: ServerChannel) => void,
  hello = HELLO,
  helloDeadlineMs = 2_000,
): Promise<{ agent: Promise<AgentChannel>; guest: FakeGuest; lose: (loss: GuestLoss) => void }> {
  const guest = new FakeGuest((channel) => {
    const lines = new LineSplitter((line) => answer(JSON.parse(line) as Asked, channel));
    channel.on('data', (chunk: Buffer) => lines.write(chunk));
    channel.write(hello);
  });
  let lose: (loss: GuestLoss) => void = () => {};
  const lost = new Promise<GuestLoss>((resolve) => {
    lose = resolve;
  });
  const ssh = await connect(await guest.listen(), 2_000, new AbortController().signal);
  const agent = AgentChannel.open(await ssh.open(['/bin/zdagent']), {
    helloDeadlineMs,
    requestDeadlineMs: 2_000,
    lost,
    lastConsoleLine: () => 'last words',
  });
  agent.catch(() => {});
  return { agent, guest, lose };
}

const reply = (channel: ServerChannel, id: number, more: object = {}): boolean =>
  channel.write(`${JSON.stringify({ id, ok: true, ...more })}\n`);

async function failure(promise: Promise<unknown>): Promise<CiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CiError) return error;
  throw new Error(`no CiError: ${String(error)}`);
}

test('hello, then an answer that comes in two packets', async () => {
  const { agent, guest } = await agentOf(({ id, op }, channel) => {
    const line = `${JSON.stringify({ id, ok: true, echo: op })}\n`;
    channel.write(line.slice(0, 9));
    setTimeout(() => channel.write(line.slice(9)), 5);
  });
  await using _ = guest;
  const open = await agent;
  assert.is(open.hello.kernel, '7.3.4');
  assert.equal(open.hello['chunk'], { pages: 2048 });
  assert.is((await open.request({ op: 'init', pfn: 0 }))['echo'], 'init');
});

test('answers belong to the request with their id', async () => {
  const held: number[] = [];
  const { agent, guest } = await agentOf(({ id }, channel) => {
    held.push(id);
    if (held.length < 2) return;
    reply(channel, held[1] ?? 0, { n: 2 });
    reply(channel, held[0] ?? 0, { n: 1 });
  });
  await using _ = guest;
  const open = await agent;
  const [one, two] = await Promise.all([open.request({ op: 'a' }), open.request({ op: 'b' })]);
  assert.equal([one['n'], two['n']], [1, 2]);
});

test('requests made one right after the other go in one packet', async () => {
  const packets: string[] = [];
  const guest = new FakeGuest((channel) => {
    channel.on('data', (chunk: Buffer) => {
      packets.push(chunk.toString());
      for (const line of chunk.toString().trim().split('\n')) reply(channel, (JSON.parse(line) as Asked).id);
    });
    channel.write(HELLO);
  });
  await using _ = guest;
  const ssh = await connect(await guest.listen(), 2_000, new AbortController().signal);
  const open = await AgentChannel.open(await ssh.open(['/bin/zdagent']), {
    helloDeadlineMs: 2_000,
    requestDeadlineMs: 2_000,
    lost: new Promise(() => {}),
    lastConsoleLine: () => '',
  });
  await Promise.all([open.request({ op: 'free' }), open.request({ op: 'reset' })]);
  await open.request({ op: 'init' });
  assert.equal(packets, ['{"op":"free","id":1}\n{"op":"reset","id":2}\n', '{"op":"init","id":3}\n']);
});

test('a refusal is a reply, not an error', async () => {
  const { agent, guest } = await agentOf(
    ({ id }, channel) => void reply(channel, id, { ok: false, errno: 'EBUSY' }),
  );
  await using _ = guest;
  const answer = await (await agent).request({ op: 'init' });
  assert.is(answer.ok, false);
  assert.is(answer['errno'], 'EBUSY');
});

test('no answer: the deadline names the operation and the last console line; a late answer harms nothing', async () => {
  const { agent, guest } = await agentOf(({ id, op }, channel) => {
    setTimeout(() => reply(channel, id, { op }), op === 'slow' ? 80 : 0);
  });
  await using _ = guest;
  const open = await agent;
  const error = await failure(open.request({ op: 'slow' }, 30));
  assert.is(error.fault, 'guest-lost');
  assert.match(error.message, /slow within 30 ms/);
  assert.is(error.details.lastConsoleLine, 'last words');
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.is((await open.request({ op: 'quick' }))['op'], 'quick');
});

test('a crash of the guest fails what waits and what comes, as a crash', async () => {
  const { agent, guest, lose } = await agentOf(() => {});
  await using _ = guest;
  const open = await agent;
  const waiting = failure(open.request({ op: 'free' }));
  lose({ reason: 'fatal-console', console: 'BUG: x\nKernel panic\n', lastConsoleLine: 'Kernel panic' });
  const error = await waiting;
  assert.is(error.fault, 'crash');
  assert.match(error.message, /kernel crashed during free/);
  assert.match(error.details.detail ?? '', /BUG: x/);
  assert.is((await failure(open.request({ op: 'dump' }))).fault, 'crash');
});

test('QEMU gone without a word of the kernel is a lost guest', async () => {
  const { agent, guest, lose } = await agentOf(() => {});
  await using _ = guest;
  const waiting = failure((await agent).request({ op: 'free' }));
  lose({ reason: 'exited', console: '', lastConsoleLine: '', detail: 'killed by SIGKILL' });
  const error = await waiting;
  assert.is(error.fault, 'guest-lost');
  assert.match(error.details.detail ?? '', /SIGKILL/);
});

test('an agent that ends takes its last words along', async () => {
  const { agent, guest } = await agentOf((_request, channel) => {
    channel.stderr.write('zdagent: out of memory\n');
    channel.exit(1);
    channel.end();
  });
  await using _ = guest;
  const error = await failure((await agent).request({ op: 'free' }));
  assert.is(error.fault, 'guest-lost');
  assert.match(error.details.detail ?? '', /out of memory/);
});

test('something else than an agent', async () => {
  const { agent, guest } = await agentOf(() => {}, 'sh: zdagent: not found\n');
  await using _ = guest;
  const error = await failure(agent);
  assert.is(error.fault, 'infra');
  assert.match(error.details.detail ?? '', /not found/);
});

test('an agent that says nothing', async () => {
  const { agent, guest } = await agentOf(() => {}, '', 50);
  await using _ = guest;
  assert.match((await failure(agent)).message, /agent's first line/);
});

test('a reply that is none ends the connection', async () => {
  const { agent, guest } = await agentOf((_request, channel) => void channel.write('Segmentation fault\n'));
  await using _ = guest;
  const open = await agent;
  assert.is((await failure(open.request({ op: 'free' }))).fault, 'infra');
  assert.is((await failure(open.request({ op: 'free' }))).fault, 'infra');
});

test.run();
