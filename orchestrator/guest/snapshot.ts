import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration, sleep, waitFor, withDeadline } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import { qemuArgv } from './argv.js';
import { AUTHORIZED_KEYS_FILE, MEMORY_FILE, type BootedGuest } from './boot.js';
import { AGENT_PATH, lossError } from './guest.js';
import type { LoginKeys } from './keys.js';
import type { Accelerator, Machine } from './machine.js';
import { Qemu } from './qemu.js';
import type { Qmp } from './qmp.js';
import { RunningGuest } from './running.js';
import { connect } from './ssh.js';

/** A booted guest at rest: device state in `file`, memory beside it. Any number of guests can come out of it, at once. */
export interface SavedGuest {
  readonly file: string;
  readonly memory: string;
  /** Of the QEMU that was saved. */
  readonly argv: readonly string[];
  /** Holds `file`, and who may log in to the guests that come out of it. */
  readonly dir: string;
  readonly machine: Machine;
  readonly accel: Accelerator;
  readonly keys: LoginKeys;
  readonly timeScale: number;
  readonly hasAgent: boolean;
  readonly saveMs: number;
  /** Bytes on disk, device state and touched memory. */
  readonly size: number;
}

export interface RestoreOptions {
  /** A folder for this guest alone (its console). */
  readonly dir: string;
  readonly consoleFile?: string;
  readonly isFatalLine: (line: string) => boolean;
  readonly onConsoleLine?: (line: string) => void;
  /** What the guest's random numbers start from; default: new ones each time. */
  readonly seed?: string;
  readonly signal?: AbortSignal;
}

export const STATE_FILE = 'state';
const MIGRATE_MS = 30_000;
const SSH_MS = 15_000;

/** Memory stays in its file: only the devices' state goes through the stream (QEMU: migration/ram.c ramblock_is_ignored). */
async function prepare(qmp: Qmp): Promise<void> {
  const on = ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true }));
  await qmp.execute('migrate-set-capabilities', { capabilities: on });
}

/** Runs a migration command and waits for its end. */
async function migrate(qemu: Qemu, command: string, uri: string): Promise<void> {
  const end = new Promise<string>((resolve) => {
    qemu.qmp.onEvent((name, data) => {
      const status = String(data['status']);
      if (name === 'MIGRATION' && (status === 'completed' || status === 'failed')) resolve(status);
    });
  });
  await qemu.qmp.execute(command, { uri });
  const gone = qemu.lost.then((loss) => {
    throw lossError(loss, command);
  });
  gone.catch(() => {});
  const status = await withDeadline(Promise.race([end, gone]), MIGRATE_MS, `QEMU to finish ${command}`);
  if (status !== 'completed') {
    throw new CiError('infra', `QEMU could not ${command === 'migrate' ? 'save' : 'restore'} the guest`, {
      detail: qemu.complaint,
    });
  }
}

/** The guest's end of a connection that we closed must be closed too, or every restored guest carries it along. */
async function awaitSilence(qmp: Qmp): Promise<void> {
  await waitFor(
    async () => (/TCP\[(?!HOST_FORWARD|TIME_WAIT)/.test(await qmp.human('info usernet')) ? undefined : true),
    {
      ms: 3_000,
      everyMs: 10,
      what: 'the last connection of the guest to end',
    },
  );
}

/**
 * Saves a guest and ends it. The guest must have been booted `savable`, which is the default; agents and programs that
 * run over its connection are ended first. Throws CiError('infra').
 */
export async function saveGuest(guest: BootedGuest): Promise<SavedGuest> {
  const { qemu, options, keys, argv, timeScale } = guest;
  const { dir, machine, accel, image } = options;
  if (options.savable === false) throw new CiError('infra', 'this guest was booted without a memory file');
  const file = join(dir, STATE_FILE);
  const memory = join(dir, MEMORY_FILE);
  const began = performance.now();
  try {
    await guest.disconnect();
    await awaitSilence(qemu.qmp);
    await prepare(qemu.qmp);
    await qemu.qmp.execute('stop');
    // Names are relative to QEMU's folder: no path has to survive a shell. QEMU reports the end when the last byte is
    // in the pipe; the file is whole when it has its name.
    await migrate(qemu, 'migrate', `exec:cat > ${STATE_FILE}.part && mv ${STATE_FILE}.part ${STATE_FILE}`);
    await waitFor(() => existsSync(file) || undefined, {
      ms: MIGRATE_MS,
      everyMs: 5,
      what: 'the saved state to be written',
    });
  } finally {
    await qemu.kill();
  }
  const saveMs = performance.now() - began;
  await rm(join(dir, 'initrd'), { force: true });
  const parts = await Promise.all([file, memory].map(async (path) => (await stat(path)).blocks * 512));
  const hasAgent = image.files.some(({ path }) => `/${path.replace(/^\/+/, '')}` === AGENT_PATH);
  const size = parts.reduce((sum, bytes) => sum + bytes, 0);
  return { file, memory, argv, dir, machine, accel, keys, timeScale, hasAgent, saveMs, size };
}

/** Removes the files of a saved guest. Guests that came out of it keep what they have mapped. */
export async function discardSaved(saved: SavedGuest): Promise<void> {
  await Promise.all([saved.file, saved.memory].map((path) => rm(path, { force: true })));
}

/**
 * A running guest out of a saved one: same memory (copied on write), own port, own console, new random seed. Throws
 * CiError('infra') if QEMU cannot restore it, CiError('guest-lost') if it does not answer.
 */
export async function restoreGuest(saved: SavedGuest, options: RestoreOptions): Promise<RunningGuest> {
  const consoleFile = options.consoleFile ?? join(options.dir, 'console.log');
  const { machine, accel, keys, timeScale } = saved;
  // Kernel and initrd are in the saved memory already; loading them again would cost 30 ms.
  const files = {
    console: consoleFile,
    authorizedKeys: AUTHORIZED_KEYS_FILE,
    memory: { path: saved.memory, mode: 'private' as const },
  };
  const argv = qemuArgv({ machine, accel, files, incoming: true });
  const { isFatalLine, onConsoleLine, signal } = options;
  const qemu = new Qemu({
    argv,
    cwd: saved.dir,
    consoleFile,
    isFatalLine,
    ...(onConsoleLine === undefined ? {} : { onConsoleLine }),
    ...(signal === undefined ? {} : { signal }),
  });
  const abort = new AbortController();
  try {
    await qemu.qmp.open(10_000 * timeScale);
    await prepare(qemu.qmp);
    await migrate(qemu, 'migrate-incoming', `exec:cat ${STATE_FILE}`);
    await qemu.qmp.execute('cont');
    const port = await qemu.sshPort();
    const ms = SSH_MS * timeScale;
    const gone = qemu.lost.then((loss) => {
      throw lossError(loss, 'its restore');
    });
    gone.catch(() => {});
    const ssh = await Promise.race([
      connect({ port, keys }, ms, abort.signal),
      gone,
      late(qemu, ms, abort.signal),
    ]);
    const guest = new RunningGuest(qemu, ssh, timeScale);
    if (saved.hasAgent) await reseed(guest, options.seed);
    abort.abort();
    return guest;
  } catch (error) {
    abort.abort();
    await qemu.kill();
    if (signal?.aborted === true) throw signal.reason;
    throw error;
  }
}

async function late(qemu: Qemu, ms: number, signal: AbortSignal): Promise<never> {
  await sleep(ms, signal);
  throw new CiError('guest-lost', `a restored guest did not answer within ${formatDuration(ms)}`, {
    awaited: 'the ssh server of a restored guest',
    waitedMs: ms,
    lastConsoleLine: qemu.console.lastLine(),
  });
}

/** Guests out of one saved state would otherwise draw the same random numbers. */
async function reseed(guest: RunningGuest, seed = randomBytes(8).toString('hex')): Promise<void> {
  const agent = await guest.agent();
  await agent.request({ op: 'reseed', seed: `0x${seed.replace(/^0x/, '')}` });
}
