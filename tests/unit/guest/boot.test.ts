import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bootGuest, type BootedGuest, type BootOptions } from '../../../orchestrator/guest/boot.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import { discardSaved, restoreGuest, saveGuest } from '../../../orchestrator/guest/snapshot.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { keysWithHost } from './fake-guest.js';

const test = suite('guest/boot', { timeoutMs: 20_000 });

type Mode = 'good' | 'silent' | 'panic' | 'reset' | 'stuck' | 'refuse' | 'killed' | 'save-fails';

const fake = join(projectRoot(), 'tests', 'fixtures', 'guest', 'fake-qemu.mjs');
const real = loadMachine();
const isFatalLine = (line: string): boolean => line.includes('Kernel panic');
const live: { close(): Promise<void> }[] = [];

test.before(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
});

test.after.each(async () => {
  await Promise.all(live.splice(0).map((guest) => guest.close()));
});

function options(mode: Mode, deadlines = { firstLine: 8_000, ready: 8_000 }): BootOptions {
  const { user, host, hostKey } = keysWithHost();
  process.env['FAKE_QEMU'] = JSON.stringify({ mode, hostKey });
  const dir = scratchDir('guest');
  const vmlinux = join(dir, 'vmlinux');
  writeFileSync(vmlinux, 'kernel');
  const machine = {
    ...real,
    qemu: { ...real.qemu, binary: fake },
    deadlines: { kvm: deadlines, tcg: deadlines },
  };
  return { machine, accel: 'tcg', image: { vmlinux, modules: [], files: [] }, dir, isFatalLine, user, host };
}

async function boot(mode: Mode): Promise<BootedGuest> {
  const guest = await bootGuest(options(mode));
  live.push(guest);
  return guest;
}

async function failure(promise: Promise<unknown>): Promise<CiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CiError) return error;
  throw new Error(`no CiError: ${String(error)}`);
}

const exec = { what: 'a program', deadlineMs: 5_000 };

test('boots, and runs programs', async () => {
  const guest = await boot('good');
  assert.is((await guest.exec(['uname'], exec)).stdout, 'booted');
  assert.match(guest.consoleText(), /Linux version/);
  assert.ok(guest.timeScale >= 1);
});

test('a panic at boot is told at once, with the console', async () => {
  const error = await failure(bootGuest(options('panic', { firstLine: 8_000, ready: 60_000 })));
  assert.is(error.fault, 'boot');
  assert.match(error.message, /Kernel panic - not syncing: no init/);
  assert.match(error.details.detail ?? '', /Linux version/);
  assert.ok((error.details.waitedMs ?? Infinity) < 8_000);
});

test('a kernel that prints nothing', async () => {
  const error = await failure(bootGuest(options('silent', { firstLine: 300, ready: 300 })));
  assert.is(error.fault, 'boot');
  assert.match(error.message, /printed nothing within 300 ms under tcg/);
  assert.match(error.details.awaited ?? '', /first line/);
  assert.is(error.details.lastConsoleLine, '');
  assert.match(error.details.remedy ?? '', /CONFIG_PVH/);
});

test('a kernel that comes up and never gets to ssh', async () => {
  const error = await failure(bootGuest(options('stuck', { firstLine: 8_000, ready: 300 })));
  assert.is(error.fault, 'boot');
  assert.match(error.message, /did not get to the ssh server within 300 ms/);
  assert.match(error.details.lastConsoleLine ?? '', /Linux version/);
});

test('a machine that resets without a word is told at once', async () => {
  const error = await failure(bootGuest(options('reset', { firstLine: 8_000, ready: 60_000 })));
  assert.is(error.fault, 'boot');
  assert.match(error.message, /QEMU ended/);
});

test('a QEMU that does not start is the host, not the kernel', async () => {
  const error = await failure(bootGuest(options('refuse')));
  assert.is(error.fault, 'infra');
  assert.match(error.message, /Permission denied/);
});

test('a QEMU that a signal ends is the host, and SIGBUS is the disk', async () => {
  const error = await failure(bootGuest(options('killed')));
  assert.is(error.fault, 'infra');
  assert.match(error.message, /SIGBUS.*want of space/);
});

test('a QEMU that is not installed is named with its package', async () => {
  const good = options('good');
  const machine = { ...good.machine, qemu: { ...good.machine.qemu, binary: 'qemu-of-another-world' } };
  const error = await failure(bootGuest({ ...good, machine }));
  assert.is(error.fault, 'infra');
  assert.match(error.details.remedy ?? '', /qemu-system-x86/);
});

test('an aborted boot rejects with the reason', async () => {
  const abort = new AbortController();
  const booting = bootGuest({ ...options('stuck'), signal: abort.signal }).catch((error: unknown) => error);
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 300);
  const error: unknown = await booting;
  assert.is(error instanceof Error ? error.message : '', 'Ctrl-C');
});

test('a crash under a program is a crash, with the splat', async () => {
  const guest = await boot('good');
  const error = await failure(guest.exec(['panic'], exec));
  assert.is(error.fault, 'crash');
  assert.match(error.details.detail ?? '', /unable to handle page fault/);
  assert.is((await guest.lost).reason, 'fatal-console');
});

test('QEMU killed under a program is a lost guest', async () => {
  const guest = await boot('good');
  const error = await failure(guest.exec(['die'], exec));
  assert.is(error.fault, 'guest-lost');
  const loss = await guest.lost;
  assert.is(loss.reason, 'exited');
  assert.match(loss.detail ?? '', /SIGKILL/);
});

test('a connection lost while QEMU lives is a lost guest', async () => {
  const guest = await boot('good');
  assert.is((await failure(guest.exec(['drop'], exec))).fault, 'guest-lost');
  assert.is((await guest.lost).reason, 'ssh-lost');
});

test('a closed guest is gone, and closing again is harmless', async () => {
  const guest = await boot('good');
  await guest.close();
  await guest.close();
  assert.is((await guest.lost).reason, 'exited');
});

test('saved and restored twice at once', async () => {
  const guest = await boot('good');
  const saved = await saveGuest(guest);
  assert.ok(existsSync(saved.file));
  assert.ok(existsSync(saved.memory));
  const copies = await Promise.all(
    [1, 2].map(async () => {
      const copy = await restoreGuest(saved, { dir: scratchDir('copy'), isFatalLine });
      live.push(copy);
      return copy;
    }),
  );
  for (const copy of copies) assert.is((await copy.exec(['uname'], exec)).stdout, 'restored');
  await discardSaved(saved);
  assert.not.ok(existsSync(saved.memory));
});

test('QEMU that cannot save, or cannot restore', async () => {
  assert.match((await failure(saveGuest(await boot('save-fails')))).message, /could not save/);
  const saved = await saveGuest(await boot('good'));
  await discardSaved(saved);
  const error = await failure(restoreGuest(saved, { dir: scratchDir('copy'), isFatalLine }));
  assert.is(error.fault, 'infra');
  assert.match(error.message, /could not restore/);
});

test('a guest booted without a memory file cannot be saved, and says so', async () => {
  const guest = await bootGuest({ ...options('good'), savable: false });
  live.push(guest);
  assert.match((await failure(saveGuest(guest))).message, /without a memory file/);
});

test.run();
