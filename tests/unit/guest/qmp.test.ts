import * as assert from 'uvu/assert';
import { forwardedPort, Qmp } from '../../../orchestrator/guest/qmp.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('guest/qmp');

interface Command {
  readonly execute: string;
  readonly arguments: Record<string, unknown>;
  readonly id: number;
}

/** A monitor that records commands; `answer` makes the reply, undefined leaves the command unanswered. */
function monitor(answer: (command: Command) => object | undefined): { qmp: Qmp; commands: Command[] } {
  const commands: Command[] = [];
  const qmp = new Qmp((text) => {
    const command = JSON.parse(text) as Command;
    commands.push(command);
    const reply = answer(command);
    if (reply !== undefined) queueMicrotask(() => qmp.feed(JSON.stringify({ ...reply, id: command.id })));
  });
  return { qmp, commands };
}

const GREETING = JSON.stringify({ QMP: { version: { qemu: { major: 7 } }, capabilities: [] } });

async function failure(promise: Promise<unknown>): Promise<CiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CiError) return error;
  throw new Error(`no CiError: ${String(error)}`);
}

test('waits for the greeting, then leaves negotiation', async () => {
  const { qmp, commands } = monitor(() => ({ return: {} }));
  const opened = qmp.open(1_000);
  assert.equal(commands, []);
  qmp.feed(GREETING);
  await opened;
  assert.is(commands[0]?.execute, 'qmp_capabilities');
});

test('no greeting is an error that says what was awaited', async () => {
  const { qmp } = monitor(() => undefined);
  const error = await failure(qmp.open(20));
  assert.is(error.fault, 'infra');
  assert.match(error.message, /monitor/);
  assert.is(error.details.waitedMs, 20);
});

test('answers are matched by id, not by order', async () => {
  const { qmp, commands } = monitor(() => undefined);
  const first = qmp.execute('one');
  const second = qmp.execute('two', { x: 1 });
  qmp.feed(JSON.stringify({ return: 'second', id: commands[1]?.id }));
  qmp.feed(JSON.stringify({ return: 'first', id: commands[0]?.id }));
  assert.equal(await Promise.all([first, second]), ['first', 'second']);
  assert.equal(commands[1]?.arguments, { x: 1 });
});

test('a refusal carries the command and the words of QEMU', async () => {
  const { qmp } = monitor(() => ({ error: { class: 'GenericError', desc: 'no such device' } }));
  assert.match((await failure(qmp.execute('eject'))).message, /eject.*no such device/);
});

test('a command that is never answered runs into its deadline', async () => {
  const { qmp } = monitor(() => undefined);
  const error = await failure(qmp.execute('stop', {}, 20));
  assert.match(error.details.awaited ?? '', /stop/);
});

test('the end of QEMU fails what waits, and all that comes later', async () => {
  const { qmp } = monitor(() => undefined);
  const waiting = failure(qmp.execute('stop'));
  qmp.end('exit code 1');
  assert.match((await waiting).message, /gone: exit code 1/);
  assert.match((await failure(qmp.execute('cont'))).message, /gone/);
  assert.match((await failure(qmp.open(1_000))).message, /gone/);
});

test('events reach listeners until these leave; chatter is ignored', () => {
  const { qmp } = monitor(() => undefined);
  const seen: unknown[] = [];
  const leave = qmp.onEvent((name, data) => seen.push([name, data]));
  qmp.feed('not json');
  qmp.feed('{"strange":1}');
  qmp.feed(JSON.stringify({ event: 'MIGRATION', data: { status: 'active' }, timestamp: {} }));
  qmp.feed(JSON.stringify({ event: 'STOP', timestamp: {} }));
  leave();
  qmp.feed(JSON.stringify({ event: 'RESUME' }));
  assert.equal(seen, [
    ['MIGRATION', { status: 'active' }],
    ['STOP', {}],
  ]);
});

test('the forwarded port is read out of QEMU 7.2 words', () => {
  const table =
    'Hub -1 (net):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n' +
    '  TCP[SYN_SENT]      14       127.0.0.1  2302       10.0.2.15    22     0     0\r\n' +
    '  TCP[HOST_FORWARD]   8       127.0.0.1  34567       10.0.2.15    22     0     0\r\n';
  assert.is(forwardedPort(table), 34_567);
  assert.is(forwardedPort('nothing'), undefined);
});

test.run();
