import * as assert from 'uvu/assert';
import { connect, quoteArgv } from '../../../orchestrator/guest/ssh.js';
import { makeHostKey, makeUserKey } from '../../../orchestrator/guest/keys.js';
import { run } from '../../../orchestrator/process/child.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { FakeGuest, refusing } from './fake-guest.js';

const test = suite('guest/ssh');
const never = new AbortController().signal;

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('no error');
}

test('a program runs: output on both streams, exit status, exec in front', async () => {
  let seen = '';
  await using guest = new FakeGuest((channel, command) => {
    seen = command;
    channel.write('out é\n');
    channel.stderr.write('err\n');
    channel.exit(3);
    channel.end();
  });
  const ssh = await connect(await guest.listen(), 2_000, never);
  const chunks: string[] = [];
  const result = await ssh.exec(['uname', '-r'], {
    what: 'uname',
    deadlineMs: 2_000,
    onStdout: (c) => chunks.push(c),
  });
  assert.equal(result, { code: 3, stdout: 'out é\n', stderr: 'err\n' });
  assert.is(chunks.join(''), 'out é\n');
  assert.is(seen, 'exec uname -r');
  await ssh.end();
});

test('a program that says nothing and ends in the same packet has its exit status', async () => {
  await using guest = new FakeGuest((channel) => {
    channel.exit(0);
    channel.end();
  });
  const ssh = await connect(await guest.listen(), 2_000, never);
  for (let round = 0; round < 20; round += 1) {
    assert.is((await ssh.exec(['true'], { what: 'true', deadlineMs: 2_000 })).code, 0);
  }
  await ssh.end();
});

test('a program that does not end runs into its deadline, with what it said', async () => {
  await using guest = new FakeGuest((channel) => channel.write('half way'));
  const ssh = await connect(await guest.listen(), 2_000, never);
  const error = await failure(ssh.exec(['hang'], { what: 'hmm-tests', deadlineMs: 400 }));
  assert.ok(error instanceof CiError && error.fault === 'infra');
  assert.match(error.message, /hmm-tests did not end within 400 ms/);
  assert.is(error.details.waitedMs, 400);
  assert.is(error.details.detail, 'half way');
});

test('a program is given up when the run is aborted', async () => {
  await using guest = new FakeGuest(() => {});
  const ssh = await connect(await guest.listen(), 2_000, never);
  const abort = new AbortController();
  const running = failure(ssh.exec(['hang'], { what: 'x', deadlineMs: 5_000, signal: abort.signal }));
  abort.abort(new Error('Ctrl-C'));
  assert.is((await running).message, 'Ctrl-C');
});

test('a connection that breaks fails the program that ran over it', async () => {
  await using guest = new FakeGuest((_channel, _command, client) => client.end());
  const ssh = await connect(await guest.listen(), 2_000, never);
  assert.match(
    (await failure(ssh.exec(['crash'], { what: 'x', deadlineMs: 5_000 }))).message,
    /ended before/,
  );
  await ssh.closed;
});

test('a guest that does not listen yet is asked again', async () => {
  await using guest = new FakeGuest(() => {});
  const { target, server, seen } = await refusing(3, await guest.listen());
  const ssh = await connect(target, 3_000, never);
  assert.is(seen(), 4);
  ssh.destroy();
  server.close();
});

test('a guest that never listens: the deadline', async () => {
  await using guest = new FakeGuest(() => {});
  const { target, server } = await refusing(Infinity, await guest.listen());
  assert.match((await failure(connect(target, 100, never))).message, /did not answer within 100 ms/);
  server.close();
});

test('a host key that is not the one of the run is refused at once', async () => {
  await using guest = new FakeGuest(() => {});
  const { port } = await guest.listen();
  const stranger = { ...guest.keys, hostPublicKey: makeHostKey().hostPublicKey };
  const error = await failure(connect({ port, keys: stranger }, 5_000, never));
  assert.ok(error instanceof CiError && error.fault === 'infra');
  assert.match(error.message, /another host/);
});

test('a key that the guest does not know is refused at once', async () => {
  await using guest = new FakeGuest(() => {});
  const { port } = await guest.listen();
  const keys = { ...guest.keys, privateKey: makeUserKey().privateKey };
  assert.match((await failure(connect({ port, keys }, 5_000, never))).message, /authentication/i);
});

test('a shell reads quoted arguments as they were', async () => {
  const argv = ['printf', '%s|', 'a b', "it's", '$HOME `x`', '', '\\', 'é*?'];
  const { stdout } = await run(['sh', '-c', quoteArgv(argv)], { what: 'sh', deadlineMs: 5_000 });
  assert.is(
    stdout,
    argv
      .slice(2)
      .map((word) => `${word}|`)
      .join(''),
  );
});

test.run();
