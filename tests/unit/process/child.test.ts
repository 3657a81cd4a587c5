import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { killAll, run, runOk, shellCommand, start } from '../../../orchestrator/process/child.js';
import { sleep, waitFor } from '../../../orchestrator/process/deadline.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { runs } from '../../harness/procs.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('process/child');

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was to be rejected');
}

async function pidIn(file: string): Promise<number> {
  return waitFor(
    () => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return text.endsWith('\n') ? Number(text) : undefined;
    },
    { ms: 5000, everyMs: 10, what: `a pid in ${file}` },
  );
}

test('gives stdout, stderr and the exit code, whatever it is', async () => {
  const result = await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], { what: 'sh', deadlineMs: 5000 });
  assert.is(result.stdout, 'out\n');
  assert.is(result.stderr, 'err\n');
  assert.is(result.exitCode, 3);
  assert.is(result.signal, null);
  assert.equal(result.argv[0], 'sh');
});

test('gives the signal of a child that was killed', async () => {
  {
    const result = await run(['sh', '-c', 'sh -c "kill -KILL \\$PPID"; sleep 1; exit 9'], {
      what: 'sh',
      deadlineMs: 5000,
    });
    assert.is(result.exitCode, null);
    assert.is(result.signal, 'SIGKILL');
  }
});

test('passes input, closes stdin without it, and sets and removes variables', async () => {
  const fed = await run(['cat'], { what: 'cat', deadlineMs: 5000, input: 'äö\n' });
  assert.is(fed.stdout, 'äö\n');
  const empty = await run(['cat'], { what: 'cat', deadlineMs: 5000 });
  assert.is(empty.stdout, '');
  process.env['ZDCI_TEST_GONE'] = '1';
  const env = await run(['sh', '-c', 'echo "$ZDCI_TEST_A:${ZDCI_TEST_GONE-unset}"'], {
    what: 'sh',
    deadlineMs: 5000,
    env: { ZDCI_TEST_A: 'x', ZDCI_TEST_GONE: undefined },
  });
  assert.is(env.stdout, 'x:unset\n');
});

test('input that the child does not read is no error', async () => {
  const result = await run(['true'], { what: 'true', deadlineMs: 5000, input: 'x'.repeat(1 << 20) });
  assert.is(result.exitCode, 0);
});

test('gives lines whole, also a last one without newline, and appends both streams to the log', async () => {
  const log = join(scratchDir(), 'deep', 'log');
  const lines: string[] = [];
  await run(['sh', '-c', 'printf "a\\nb"; sleep 0.05; printf "c\\r\\nlast"; echo e >&2'], {
    what: 'sh',
    deadlineMs: 5000,
    logFile: log,
    onLine: (line, stream) => void lines.push(`${stream}:${line}`),
  });
  assert.equal(lines.toSorted(), ['stderr:e', 'stdout:a', 'stdout:bc', 'stdout:last']);
  assert.ok(readFileSync(log, 'utf8').includes('bc\r\nlast'));
});

test('a missing program and a missing folder are infra errors that say so', async () => {
  const missing = await rejection(run(['no-such-program-zdci'], { what: 'the thing', deadlineMs: 1000 }));
  assert.instance(missing, CiError);
  assert.is((missing as CiError).fault, 'infra');
  assert.match((missing as CiError).message, /the thing.*no-such-program-zdci/);
  const folder = await rejection(run(['true'], { what: 'x', deadlineMs: 1000, cwd: '/no/such/folder' }));
  assert.instance(folder, CiError);
  assert.match((folder as CiError).message, /cannot start x/);
});

test('the deadline kills the whole group and says what was awaited', async () => {
  const file = join(scratchDir(), 'pid');
  const began = performance.now();
  const error = await rejection(
    run(['sh', '-c', `echo hello; sh -c 'echo $$ > ${file}; sleep 60' & wait`], {
      what: 'the sleeper',
      deadlineMs: 300,
    }),
  );
  assert.instance(error, CiError);
  assert.is((error as CiError).fault, 'infra');
  assert.match((error as CiError).message, /300 ms.*the sleeper/);
  assert.is((error as CiError).details.waitedMs, 300);
  assert.match((error as CiError).details.detail ?? '', /hello/);
  assert.ok(performance.now() - began < 2000);
  assert.not.ok(runs(await pidIn(file)));
});

test('a group that ignores SIGTERM gets SIGKILL after the grace', async () => {
  const file = join(scratchDir(), 'pid');
  const child = start(['sh', '-c', `trap '' TERM; echo $$ > ${file}; while :; do sleep 0.1; done`], {
    what: 'stubborn',
    deadlineMs: Number.POSITIVE_INFINITY,
  });
  const pid = await pidIn(file);
  const began = performance.now();
  await child.kill();
  assert.ok(performance.now() - began >= 1900);
  assert.not.ok(runs(pid));
  assert.is((await child.done).signal, 'SIGKILL');
});

test('abort kills the group and rejects with the reason; an aborted signal starts nothing', async () => {
  const file = join(scratchDir(), 'pid');
  const abort = new AbortController();
  const going = run(['sh', '-c', `sh -c 'echo $$ > ${file}; sleep 60'`], {
    what: 'sleeper',
    deadlineMs: 10_000,
    signal: abort.signal,
  });
  const pid = await pidIn(file);
  abort.abort(new Error('enough'));
  assert.is(((await rejection(going)) as Error).message, 'enough');
  assert.not.ok(runs(pid));
  const never = rejection(run(['true'], { what: 'true', deadlineMs: 1000, signal: abort.signal }));
  assert.is(((await never) as Error).message, 'enough');
});

test('what a child leaves behind in its group is killed when it ends, and does not hold it up', async () => {
  const file = join(scratchDir(), 'pid');
  const began = performance.now();
  await run(['sh', '-c', `sh -c 'echo $$ > ${file}; sleep 60' & while [ ! -s ${file} ]; do :; done`], {
    what: 'leaver',
    deadlineMs: 10_000,
  });
  assert.ok(performance.now() - began < 1500);
  await sleep(20);
  assert.not.ok(runs(await pidIn(file)));
});

test('a daemon that left the group does not hold the result up for ever', async () => {
  const began = performance.now();
  const result = await run(['sh', '-c', 'setsid sleep 6 & echo done'], {
    what: 'daemon',
    deadlineMs: 20_000,
  });
  assert.is(result.stdout, 'done\n');
  assert.ok(performance.now() - began < 4000);
});

test('a PID namespace takes even a daemon with it', async () => {
  const marker = `6${process.pid}.25`;
  const result = await run(['sh', '-c', `setsid sleep ${marker} & echo done`], {
    what: 'daemon',
    deadlineMs: 20_000,
    pidNamespace: true,
  });
  assert.is(result.exitCode, 0);
  const left = await run(['sh', '-c', `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`], {
    what: 'cmdlines',
    deadlineMs: 5000,
  });
  assert.not.match(left.stdout, `sleep ${marker}`);
});

test('a namespaced child gives output, exit code and obeys kill', async () => {
  const result = await run(['sh', '-c', 'echo hi; exit 7'], {
    what: 'sh',
    deadlineMs: 5000,
    pidNamespace: true,
  });
  assert.is(result.stdout, 'hi\n');
  assert.is(result.exitCode, 7);
  const child = start(['sh', '-c', 'while :; do sleep 60; done'], {
    what: 'sh',
    deadlineMs: 20_000,
    pidNamespace: true,
  });
  await sleep(50);
  await child.kill();
  assert.is((await child.done).signal, 'SIGKILL');
});

test('too much output is an error and ends the child', async () => {
  const error = await rejection(
    run(['sh', '-c', 'yes'], { what: 'yes', deadlineMs: 10_000, maxBufferBytes: 1 << 20 }),
  );
  assert.match((error as Error).message, /yes wrote more than 1 MiB/);
});

test('an onLine that throws ends the child and rejects', async () => {
  const error = await rejection(
    run(['sh', '-c', 'echo a; sleep 60'], {
      what: 'sh',
      deadlineMs: 10_000,
      onLine: () => {
        throw new Error('bad line');
      },
    }),
  );
  assert.is((error as Error).message, 'bad line');
});

test('a full disk under the log ends the child with an error that names it', async () => {
  const error = await rejection(
    run(['sh', '-c', 'echo a; sleep 60'], { what: 'sh', deadlineMs: 10_000, logFile: '/dev/full' }),
  );
  assert.instance(error, CiError);
  assert.match((error as CiError).message, /no space left on/);
  assert.match((error as CiError).details.remedy ?? '', /ci doctor --clean/);
});

test('runOk shows the command and the last words, with the fault it was given', async () => {
  const error = (await rejection(
    runOk(['sh', '-c', 'echo "it is broken" >&2; exit 2'], {
      what: 'git am',
      deadlineMs: 5000,
      fault: 'patch',
      remedy: 'rebase',
    }),
  )) as CiError;
  assert.is(error.fault, 'patch');
  assert.is(error.message, 'git am failed with exit code 2');
  assert.match(error.details.detail ?? '', /\$ sh -c .*\nit is broken/);
  assert.is(error.details.remedy, 'rebase');
});

test('runOk: a tool that something else killed is infra, not the patch', async () => {
  const error = (await rejection(
    runOk(['sh', '-c', 'kill -KILL $$'], { what: 'make', deadlineMs: 5000, fault: 'build' }),
  )) as CiError;
  assert.is(error.fault, 'infra');
  assert.is(error.message, 'make was killed by SIGKILL');
});

test('start talks to stdin, and killAll ends everything that runs', async () => {
  const talker = start(['cat'], { what: 'cat', deadlineMs: Number.POSITIVE_INFINITY });
  talker.writeStdin('hello\n');
  const other = start(['sleep', '60'], { what: 'sleep', deadlineMs: Number.POSITIVE_INFINITY });
  await sleep(100);
  await killAll();
  assert.is((await talker.done).stdout, 'hello\n');
  assert.is((await other.done).signal, 'SIGTERM');
  talker.writeStdin('too late\n');
});

test('a program that has run a child ends when it is done, not when some timer is', async () => {
  const script = join(scratchDir(), 'p.mjs');
  const childModule = new URL('../../../orchestrator/process/child.js', import.meta.url).href;
  writeFileSync(
    script,
    `import { run } from ${JSON.stringify(childModule)};
await run(['true'], { what: 'true', deadlineMs: 60_000, signal: new AbortController().signal });`,
  );
  const result = await run([process.execPath, script], { what: 'node', deadlineMs: 10_000 });
  assert.is(result.exitCode, 0, result.stderr);
  assert.ok(result.durationMs < 1800, `${result.durationMs} ms`);
});

test('shellCommand can be pasted', () => {
  assert.is(shellCommand(['git', 'am', "it's", 'a b', '']), `git am 'it'\\''s' 'a b' ''`);
});

test.run();
