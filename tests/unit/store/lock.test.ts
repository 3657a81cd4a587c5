import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sleep } from '../../../orchestrator/process/deadline.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { readLock, removeDead, withLock } from '../../../orchestrator/store/lock.js';
import { isAlive, parseStat, thisProcess } from '../../../orchestrator/store/owner.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('store/lock');
const LOCK_MODULE = JSON.stringify(new URL('../../../orchestrator/store/lock.js', import.meta.url).href);

function lockOf(pid: number, startTime: string, extra: Record<string, string> = {}): string {
  const owner = { ...thisProcess(), pid, startTime, ...extra };
  return JSON.stringify({ owner, token: 'a-dead-token', what: 'a build', since: Date.now() - 5000 });
}

test('gives the value of the body, removes the file, also when the body throws', async () => {
  const path = join(scratchDir(), 'deep', 'lock');
  const opts = { what: 'x', deadlineMs: 1000 };
  const value = await withLock(path, opts, async () => {
    assert.equal((await readLock(path)) !== undefined, true);
    return 5;
  });
  assert.is(value, 5);
  await withLock(path, opts, async () => Promise.reject(new Error('own'))).catch((error: unknown) => {
    assert.is((error as Error).message, 'own');
  });
  assert.equal(readdirSync(join(path, '..')), []);
});

test('one holder at a time; a waiter is told once who holds it', async () => {
  const path = join(scratchDir(), 'lock');
  const told: string[] = [];
  let inside = 0;
  let most = 0;
  const one = async (): Promise<void> =>
    withLock(
      path,
      { what: 'building v7.3', deadlineMs: 5000, onWait: (who) => void told.push(who) },
      async () => {
        most = Math.max(most, ++inside);
        await sleep(30);
        inside -= 1;
      },
    );
  await Promise.all([one(), one(), one()]);
  assert.is(most, 1);
  assert.is(told.length, 2);
  assert.match(told[0] ?? '', new RegExp(`process ${process.pid} \\(building v7.3`));
});

test('gives up at the deadline, naming the holder', async () => {
  const path = join(scratchDir(), 'lock');
  writeFileSync(path, lockOf(process.pid, thisProcess().startTime));
  const error = await withLock(path, { what: 'v7.3', deadlineMs: 50 }, async () => undefined).catch(
    (thrown: unknown) => thrown as CiError,
  );
  assert.is(error?.fault, 'infra');
  assert.match(error?.message ?? '', new RegExp(`held by process ${process.pid} \\(a build`));
  assert.ok(existsSync(path));
});

test('gives up on what can be neither read nor removed', async () => {
  const path = join(scratchDir(), 'lock');
  mkdirSync(path);
  const error = await withLock(path, { what: 'v7.3', deadlineMs: 10 }, async () => undefined).catch(
    (thrown: unknown) => thrown as CiError,
  );
  assert.is(error?.fault, 'infra');
  assert.is(error?.details.where, path);
});

test('an abort ends the wait', async () => {
  const path = join(scratchDir(), 'lock');
  writeFileSync(path, lockOf(process.pid, thisProcess().startTime));
  const signal = AbortSignal.timeout(50);
  const began = performance.now();
  await withLock(path, { what: 'x', deadlineMs: 9000, signal }, async () => assert.unreachable()).catch(
    () => {},
  );
  assert.ok(performance.now() - began < 2000);
});

test('takes over from a dead process, an earlier boot, a reused pid and from garbage', async () => {
  const path = join(scratchDir(), 'lock');
  const dead = [
    lockOf(2 ** 22 + 1, '1'),
    lockOf(process.pid, thisProcess().startTime, { bootId: 'another' }),
    lockOf(process.pid, '1'),
    'garbage',
  ];
  for (const content of dead) {
    writeFileSync(path, content);
    const got = await withLock(path, { what: 'x', deadlineMs: 0 }, async () => 'mine');
    assert.is(got, 'mine', content);
    assert.equal(readdirSync(join(path, '..')), []);
  }
});

test('gets over a process that died while taking over', async () => {
  const folder = scratchDir();
  const path = join(folder, 'lock');
  writeFileSync(path, lockOf(2 ** 22 + 1, '1'));
  writeFileSync(`${path}.break-a-dead-t`, lockOf(2 ** 22 + 2, '1'));
  assert.is(await withLock(path, { what: 'x', deadlineMs: 2000 }, async () => 'mine'), 'mine');
  assert.equal(readdirSync(folder), []);
});

test('a slow process that once saw a dead lock does not remove what a fast one has taken since', async () => {
  const folder = scratchDir();
  const path = join(folder, 'lock');
  writeFileSync(path, lockOf(2 ** 22 + 1, '1'));
  const seen = await readLock(path);
  if (seen === undefined) throw new Error('there is a lock');
  const taken = lockOf(process.pid, thisProcess().startTime).replace('a-dead-token', 'a-new-token');
  writeFileSync(path, taken);
  await removeDead(path, seen);
  assert.is(readFileSync(path, 'utf8'), taken);
  assert.equal(readdirSync(folder), ['lock']);
});

test('does not judge pids of another PID namespace', () => {
  assert.ok(isAlive({ ...thisProcess(), pid: 2 ** 22 + 1, pidNamespace: 'pid:[1]' }));
  assert.not.ok(isAlive({ ...thisProcess(), pidNamespace: 'pid:[1]', bootId: 'another' }));
});

test('a command name cannot fool the reading of /proc/PID/stat', () => {
  const fields = Array.from({ length: 18 }, (_, index) => String(index)).join(' ');
  assert.equal(parseStat(`12 (a) Z 1 (b) R ${fields} 777 8 9`), { state: 'R', startTime: '777' });
});

test(
  'many processes on one dead lock: each increments once, none is lost',
  async () => {
    const folder = scratchDir();
    const path = join(folder, 'lock');
    const counter = join(folder, 'counter');
    const script = join(folder, 'program.mjs');
    writeFileSync(counter, '0');
    writeFileSync(path, lockOf(2 ** 22 + 1, '1'));
    writeFileSync(
      script,
      `import { readFileSync, writeFileSync } from 'node:fs';
import { withLock } from ${LOCK_MODULE};
for (let i = 0; i < 10; i++) await withLock(${JSON.stringify(path)}, { what: 'x', deadlineMs: 20000 }, async () => {
  const n = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
  await new Promise((resolve) => setTimeout(resolve, 2));
  writeFileSync(${JSON.stringify(counter)}, String(n + 1));
});`,
    );
    await Promise.all(
      Array.from(
        { length: 4 },
        async () =>
          new Promise<void>((resolve, reject) => {
            spawn(process.execPath, [script], { stdio: 'inherit' }).once('close', (code) =>
              code === 0 ? resolve() : reject(new Error(`exit ${code}`)),
            );
          }),
      ),
    );
    assert.is(readFileSync(counter, 'utf8'), '40');
  },
  { timeoutMs: 30_000 },
);

test.run();
