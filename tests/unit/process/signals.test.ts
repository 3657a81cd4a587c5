import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sleep, waitFor } from '../../../orchestrator/process/deadline.js';
import { allowedExitCode } from '../../../orchestrator/process/signals.js';
import { runs } from '../../harness/procs.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('process/signals');

const module = (name: string): string =>
  JSON.stringify(new URL(`../../../orchestrator/process/${name}.js`, import.meta.url).href);

const HEAD = `import { writeFileSync, appendFileSync } from 'node:fs';
import { supervise } from ${module('signals')};
import { run, start } from ${module('child')};
import { sleep } from ${module('deadline')};
import { CiError } from ${module('errors')};
const say = (text) => appendFileSync(process.argv[2], text + '\\n');
`;

interface Ended {
  code: number | null;
  signal: string | null;
  stderr: string;
  log: string;
  ms: number;
}

/** Runs a program; once it has written "ready" to its log, sends it the signals, 200 ms apart. */
async function program(body: string, signals: readonly NodeJS.Signals[] = []): Promise<Ended> {
  const folder = scratchDir();
  const file = join(folder, 'program.mjs');
  const log = join(folder, 'log');
  writeFileSync(file, HEAD + body);
  writeFileSync(log, '');
  const began = performance.now();
  const child = spawn(process.execPath, [file, log], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  if (signals.length > 0) {
    await waitFor(() => (readFileSync(log, 'utf8').includes('ready') ? true : undefined), {
      ms: 5000,
      everyMs: 10,
      what: 'ready',
    });
  }
  for (const [index, signal] of signals.entries()) {
    if (index > 0) await sleep(200);
    child.kill(signal);
  }
  return { ...(await ended), stderr, log: readFileSync(log, 'utf8'), ms: performance.now() - began };
}

/** Waits until the child that the program named in its log is gone: a kill takes a moment. */
async function childGone(log: string): Promise<void> {
  const pid = Number(/child (\d+)/.exec(log)?.[1]);
  assert.ok(pid > 1);
  await waitFor(() => (runs(pid) ? undefined : true), {
    ms: 1000,
    everyMs: 5,
    what: `process ${pid} to be gone`,
  });
}

const SLEEPER = `
await supervise(async ({ signal, teardown }) => {
  const child = start(['sh', '-c', 'sleep 60 & wait'], { what: 'sleeper', deadlineMs: Infinity });
  teardown.add('a thing', () => say('undone'));
  say('child ' + child.pid);
  say('ready');
  try { await sleep(60_000, signal); } catch (error) { say('unwound by ' + error.message); throw error; }
  return 0;
});`;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const) {
  test(`${signal} aborts, undoes, kills the children and gives ${code}`, async () => {
    const ended = await program(SLEEPER, [signal]);
    assert.is(ended.code, code, ended.stderr);
    assert.match(ended.log, `unwound by interrupted by ${signal}`);
    assert.match(ended.log, 'undone');
    await childGone(ended.log);
  });
}

test('a second signal ends it at once, however stuck the teardown is', async () => {
  const stuck = `
await supervise(async ({ signal, teardown }) => {
  const child = start(['sh', '-c', 'trap "" TERM; sleep 60 & wait; sleep 60'], { what: 's', deadlineMs: Infinity });
  teardown.add('never', () => new Promise(() => {}));
  say('child ' + child.pid);
  say('ready');
  await sleep(60_000, signal);
  return 0;
});`;
  const ended = await program(stuck, ['SIGINT', 'SIGINT']);
  assert.is(ended.code, 130);
  assert.ok(ended.ms < 3000, `${ended.ms} ms`);
  await childGone(ended.log);
});

test('a body that does not heed the signal is left behind after its time', async () => {
  const deaf = `
await supervise(async ({ teardown }) => {
  teardown.add('x', () => say('undone'));
  say('ready');
  await sleep(60_000);
  return 0;
}, { unwindMs: 300 });`;
  const ended = await program(deaf, ['SIGTERM']);
  assert.is(ended.code, 143);
  assert.match(ended.log, 'undone');
});

test('a reader that is slow gets all of a long output', async () => {
  const ended = await program(
    `await supervise(async () => { process.stderr.write('x'.repeat(4_000_000) + 'end'); return 0; });`,
  );
  assert.is(ended.stderr.length, 4_000_003);
  assert.is(ended.code, 0);
});

test('the code of the body, of a CiError and of any other error', async () => {
  assert.is((await program(`await supervise(async () => 125);`)).code, 125);
  const usage = await program(
    `await supervise(async () => { throw new CiError('usage', 'no such file: x'); });`,
  );
  assert.is(usage.code, 129);
  assert.match(usage.stderr, 'no such file: x');
  assert.is((await program(`await supervise(async () => { throw new TypeError('x'); });`)).code, 128);
});

test('uncaught exceptions and unhandled rejections are 128 and leave no child', async () => {
  for (const bad of [
    `setTimeout(() => { throw new Error('late'); }, 50)`,
    `Promise.reject(new Error('late'))`,
  ]) {
    const ended = await program(`
await supervise(async ({ signal }) => {
  const child = start(['sleep', '60'], { what: 's', deadlineMs: Infinity });
  say('child ' + child.pid);
  ${bad};
  await sleep(60_000, signal);
  return 0;
});`);
    assert.is(ended.code, 128);
    assert.match(ended.stderr, /internal error: .*late/);
    await childGone(ended.log);
  }
});

test('nobody gets a code outside the contract past it', async () => {
  assert.is((await program(`await supervise(async () => { process.exit(127); });`)).code, 128);
  assert.is((await program(`await supervise(async () => { process.exit(2); });`)).code, 128);
  assert.is((await program(`await supervise(async () => new Promise(() => {}));`)).code, 128);
  const stuck = await program(`void supervise(async () => new Promise(() => {}));`);
  assert.is(stuck.code, 128);
  assert.match(stuck.stderr, 'cannot come');
  assert.is(
    [0, 1, 2, 13, 125, 126, 127, 128, 129, 130, 134, 143].map((code) => allowedExitCode(code)).join(' '),
    '0 1 128 128 125 128 128 128 129 130 128 143',
  );
});

test('nothing can be started once the program is ending', async () => {
  const ended = await program(`
process.on('exit', () => {
  try { start(['sleep', '60'], { what: 's', deadlineMs: 1000 }); say('started'); } catch (error) { say('refused: ' + error.message); }
});
await supervise(async () => 0);`);
  assert.match(ended.log, 'refused');
  assert.not.match(ended.log, 'started');
});

test.run();
