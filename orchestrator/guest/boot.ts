import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { abortReason, formatDuration, sleep } from '../process/deadline.js';
import { describeFileSystem, diskError } from '../process/disk.js';
import { CiError } from '../process/errors.js';
import { qemuArgv, type QemuFiles } from './argv.js';
import type { GuestImage } from './guest.js';
import { writeInitramfs } from './initramfs.js';
import { makeHostKey, makeUserKey, type HostKey, type LoginKeys, type UserKey } from './keys.js';
import type { Accelerator, Machine } from './machine.js';
import { Qemu, requireQemu } from './qemu.js';
import { RunningGuest } from './running.js';
import { connect, type SshConnection } from './ssh.js';

export interface BootOptions {
  readonly machine: Machine;
  readonly accel: Accelerator;
  readonly image: GuestImage;
  /** A folder for this guest alone: initramfs, memory, saved state. It must exist. */
  readonly dir: string;
  /** Default: console.log in `dir`. */
  readonly consoleFile?: string;
  /** splat/fatal.ts isFatalLine. */
  readonly isFatalLine: (line: string) => boolean;
  readonly onConsoleLine?: (line: string) => void;
  /** Words added to the kernel command line; `zdplace.NAME=VALUE` becomes a parameter of the module. */
  readonly cmdline?: readonly string[];
  /** Default true: memory in a file, so that saveGuest works. */
  readonly savable?: boolean;
  /** Who may log in, and what the guest is known by; default: new ones. */
  readonly user?: UserKey;
  readonly host?: HostKey;
  /** Ends QEMU when aborted, also later. */
  readonly signal?: AbortSignal;
}

/** A booted guest and what saveGuest needs to know of it. */
export class BootedGuest extends RunningGuest {
  readonly options: BootOptions;
  readonly keys: LoginKeys;
  readonly argv: readonly string[];
  /** From the start of QEMU to the first console output, and from there to the ssh server. */
  readonly bootMs: { readonly firstLine: number; readonly ready: number };

  constructor(
    qemu: Qemu,
    ssh: SshConnection,
    made: Pick<BootedGuest, 'options' | 'keys' | 'argv' | 'bootMs' | 'timeScale'>,
  ) {
    super(qemu, ssh, made.timeScale);
    this.options = made.options;
    this.keys = made.keys;
    this.argv = made.argv;
    this.bootMs = made.bootMs;
  }
}

/** Written by guests/init/init as its last act but one. */
const READY = /zdci-init: ready/;
/** Boot to ready on the machine that deadlines were chosen on: two cores, TCG, nothing else running. */
const REFERENCE_BOOT_MS = 1_500;
const SSH_MS = 15_000;
export const MEMORY_FILE = 'memory';
/** Relative to QEMU's folder, so that no path of this machine stands in the argv that is reported. */
export const AUTHORIZED_KEYS_FILE = 'authorized_keys';

function bootError(qemu: Qemu, message: string, waitedMs: number, awaited: string, remedy?: string): CiError {
  return new CiError('boot', message, {
    awaited,
    waitedMs: Math.round(waitedMs),
    lastConsoleLine: qemu.console.lastLine(),
    ...(remedy === undefined ? {} : { remedy }),
    detail: [qemu.complaint, qemu.console.tail(25)].filter((text) => text !== '').join('\n'),
  });
}

/** QEMU ended by a signal says nothing about the kernel. A write to memory in a file on a full disk is SIGBUS. */
function killed(by: string, qemu: Qemu): CiError {
  const disk =
    by === 'SIGBUS' ? `, probably for want of space on ${describeFileSystem(qemu.console.file)}` : '';
  return new CiError('infra', `QEMU was killed by ${by} while the kernel booted${disk}`, {
    lastConsoleLine: qemu.console.lastLine(),
    remedy:
      by === 'SIGBUS'
        ? 'Free some space: `ci doctor --clean` removes caches and leftovers of dead runs.'
        : 'If memory ran out (see `dmesg`), run fewer guests at once with --jobs.',
  });
}

/** Waits for `promise`; fails at once when QEMU ends or the kernel dies, and at the deadline. */
async function during<T>(
  qemu: Qemu,
  promise: Promise<T>,
  wait: { readonly ms: number; readonly awaited: string; readonly late: string; readonly remedy?: string },
  signal: AbortSignal | undefined,
): Promise<T> {
  const began = performance.now();
  const done = new AbortController();
  const late = sleep(wait.ms, done.signal).then(() => {
    throw bootError(qemu, wait.late, wait.ms, wait.awaited, wait.remedy);
  });
  const dead = qemu.lost.then(async (loss) => {
    if (signal?.aborted === true) throw abortReason(signal);
    const waited = performance.now() - began;
    if (loss.reason === 'fatal-console')
      throw bootError(qemu, `the kernel crashed at boot: ${qemu.console.fatalLine}`, waited, wait.awaited);
    const killer = /killed by (SIG\w+)/.exec(loss.detail ?? '')?.[1];
    if (killer !== undefined) throw killed(killer, qemu);
    if (!qemu.console.printed && qemu.complaint !== '') {
      throw new CiError('infra', `QEMU did not start: ${qemu.complaint.split('\n')[0]}`, {
        detail: qemu.complaint,
      });
    }
    throw bootError(
      qemu,
      `QEMU ended while the kernel booted (${loss.detail ?? 'no reason given'})`,
      waited,
      wait.awaited,
    );
  });
  try {
    return await Promise.race([promise, late, dead]);
  } catch (error) {
    // A monitor or connection that breaks is a symptom; the guest's end says more.
    if (qemu.gone !== undefined) await dead;
    throw error;
  } finally {
    done.abort();
    late.catch(() => {});
    dead.catch(() => {});
  }
}

/** Puts who may log in to where QEMU reads it. Throws CiError('infra') when the disk is full. */
export async function writeAuthorizedKeys(dir: string, { authorizedKey }: UserKey): Promise<void> {
  const file = join(dir, AUTHORIZED_KEYS_FILE);
  try {
    await writeFile(file, authorizedKey);
  } catch (error) {
    throw diskError(error, file, 'who may log in to the guest');
  }
}

/** Starts a guest and waits for its first console output only: what the accelerator probe needs. */
export async function startToFirstLine(
  options: BootOptions,
  files: QemuFiles,
): Promise<{ qemu: Qemu; argv: readonly string[]; firstLineMs: number }> {
  const { machine, accel, signal } = options;
  requireQemu(machine);
  const argv = qemuArgv({
    machine,
    accel,
    files,
    ...(options.cmdline === undefined ? {} : { cmdline: options.cmdline }),
  });
  const began = performance.now();
  const qemu = new Qemu({
    argv,
    cwd: options.dir,
    consoleFile: files.console,
    isFatalLine: options.isFatalLine,
    ...(options.onConsoleLine === undefined ? {} : { onConsoleLine: options.onConsoleLine }),
    ...(signal === undefined ? {} : { signal }),
  });
  const ms = machine.deadlines[accel].firstLine;
  try {
    const printed = qemu.console.until(() => qemu.console.printed || undefined);
    await during(
      qemu,
      printed,
      {
        ms,
        awaited: 'the first line on the console',
        late: `the kernel printed nothing within ${formatDuration(ms)} under ${accel}`,
        remedy:
          'A kernel needs CONFIG_PVH, CONFIG_SERIAL_8250_CONSOLE and CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES for this machine.',
      },
      signal,
    );
  } catch (error) {
    await qemu.kill();
    throw error;
  }
  return { qemu, argv, firstLineMs: performance.now() - began };
}

/**
 * Boots a kernel and waits until its ssh server has let us in.
 *
 * Throws CiError('boot') for a kernel that prints nothing, panics, or never listens, with the console's tail;
 * CiError('infra') where QEMU is missing or does not start.
 *
 *     const guest = await bootGuest({ machine: loadMachine(), accel: 'tcg', image: { vmlinux, modules: [], files: [] },
 *                                     dir: tempDir('guest'), isFatalLine });
 *     const { stdout } = await guest.exec(['uname', '-r'], { what: 'uname', deadlineMs: 5_000 });
 *     const saved = await saveGuest(guest);              // the guest is gone now
 *     const copy = await restoreGuest(saved, { dir: tempDir('guest'), isFatalLine });
 *     await copy.close();
 */
export async function bootGuest(options: BootOptions): Promise<BootedGuest> {
  const { machine, accel, dir, signal } = options;
  const user = options.user ?? makeUserKey();
  const host = options.host ?? makeHostKey();
  const keys: LoginKeys = { ...user, hostPublicKey: host.hostPublicKey };
  const initrd = join(dir, 'initrd');
  await writeInitramfs(initrd, options.image, host);
  await writeAuthorizedKeys(dir, user);
  const files: QemuFiles = {
    kernel: options.image.vmlinux,
    initrd,
    console: options.consoleFile ?? join(dir, 'console.log'),
    authorizedKeys: AUTHORIZED_KEYS_FILE,
    ...(options.savable === false ? {} : { memory: { path: join(dir, MEMORY_FILE), mode: 'shared' } }),
  };
  const { qemu, argv, firstLineMs } = await startToFirstLine(options, files);
  const abort = new AbortController();
  try {
    const began = performance.now();
    const awaited = 'the ssh server of the guest';
    const { ready } = machine.deadlines[accel];
    const late = `the kernel came up, but its /init did not get to the ssh server within ${formatDuration(ready)}`;
    const up = async (): Promise<number> => {
      await qemu.qmp.open(10_000);
      const port = await qemu.sshPort();
      await qemu.console.line(READY);
      return port;
    };
    const port = await during(qemu, up(), { ms: ready, awaited, late }, signal);
    const readyMs = performance.now() - began;
    const timeScale = Math.min(10, Math.max(1, (firstLineMs + readyMs) / REFERENCE_BOOT_MS));
    const sshMs = SSH_MS * timeScale;
    const ssh = await during(
      qemu,
      connect({ port, keys }, sshMs, abort.signal),
      {
        ms: sshMs + 1_000,
        awaited,
        late: `the guest came up, but ssh did not answer within ${formatDuration(sshMs)}`,
      },
      signal,
    );
    const bootMs = { firstLine: firstLineMs, ready: readyMs };
    return new BootedGuest(qemu, ssh, { options, keys, argv, bootMs, timeScale });
  } catch (error) {
    abort.abort(error);
    await qemu.kill();
    if (error instanceof CiError || signal?.aborted === true) throw error;
    throw bootError(
      qemu,
      `the guest came up, but ${error instanceof Error ? error.message : String(error)}`,
      0,
      'ssh',
    );
  }
}
