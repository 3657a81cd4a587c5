import { rm, writeFile } from 'node:fs/promises';
import { bootGuest } from '../guest/boot.js';
import { dropGuest, guestKey, keepGuest, takeGuest } from '../guest/kept-guests.js';
import type { GuestMaking } from '../guest/kept-guests.js';
import type { HostKey, UserKey } from '../guest/keys.js';
import { restoreGuest, saveGuest } from '../guest/snapshot.js';
import type { SavedGuest } from '../guest/snapshot.js';
import type { RestoredGuest } from '../scenario/pool.js';
import type { Hello } from '../scenario/protocol.js';
import { isFatalLine } from '../splat/fatal.js';
import { tempDir } from '../store/temp.js';

/** A kernel that booted: guests come out of its saved state until it is disposed. */
export interface BootedKernel extends AsyncDisposable {
  /** All that the console showed up to the moment the state was saved. */
  readonly bootConsole: string;
  /** When it was saved, where an earlier run booted it; absent where this one did. */
  readonly savedAt?: string;
  readonly timeScale: number;
  /** Of the QEMU that booted it. */
  readonly argv: readonly string[];
  restore(signal: AbortSignal): Promise<RestoredGuest>;
}

export interface BootKernelOptions extends GuestMaking {
  /** Who may log in. */
  readonly user: UserKey;
  /** What a guest that is booted is known by; default: a new key for each boot. */
  readonly host?: HostKey;
  /** Gets what the console shows; its folder must exist. */
  readonly consoleFile: string;
  /** Boot, also where an earlier run has. */
  readonly fresh: boolean;
  /** Guests that are wanted as soon as it has booted: where they are restored, all of them at once. Default 1. */
  readonly wanted?: number;
  /** Ends every guest that comes out of it. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Restore to the first answer on the machine that deadlines were chosen on: two cores, TCG, nothing else running. */
const REFERENCE_RESTORE_MS = 400;
const MOST_SCALE = 10;

/**
 * Boots, waits until the guest answers, saves it; or takes what an earlier run saved of the same kernel, programs, machine and
 * QEMU. Throws CiError('boot') with the console's tail.
 */
export async function bootedKernel(options: BootKernelOptions): Promise<BootedKernel> {
  // Under KVM a boot is quick, and what is saved belongs to the host's processor and kernel.
  const key = options.accel === 'tcg' ? await guestKey(options) : undefined;
  const kept = key === undefined || options.fresh ? undefined : await keptKernel(key, options);
  return kept ?? bootAnew(key, options);
}

async function bootAnew(key: string | undefined, options: BootKernelOptions): Promise<BootedKernel> {
  const { machine, accel, image, cmdline, user, host, consoleFile, signal, say } = options;
  const dir = tempDir('guest');
  const keys = host === undefined ? { user } : { user, host };
  const making = { machine, accel, image, cmdline };
  const guest = await bootGuest({ ...making, ...keys, consoleFile, dir, isFatalLine, signal });
  const saved = await saveGuest(guest);
  // Read last: what the kernel says while it is being stopped belongs to its boot too.
  const bootConsole = guest.consoleText();
  const keep = async (name: string): Promise<void> => {
    try {
      await keepGuest(name, { saved, bootConsole, savedAt: new Date().toISOString() });
    } catch (error) {
      say(`the guest is not kept for later runs: ${messageOf(error)}`);
    }
  };
  const keeping = key === undefined ? undefined : keep(key);
  return {
    bootConsole,
    timeScale: saved.timeScale,
    argv: saved.argv,
    restore: (one) => restored(saved, AbortSignal.any([one, signal])),
    [Symbol.asyncDispose]: async () => {
      await keeping;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * What an earlier run saved. The first guest comes out of it at once: it shows that it can be used, and how fast this machine
 * is now. Undefined where there is none that can be used.
 */
async function keptKernel(key: string, options: BootKernelOptions): Promise<BootedKernel | undefined> {
  const { user, consoleFile, signal, say } = options;
  const dir = tempDir('guest');
  const kept = await takeGuest(key, options, user, dir);
  if (kept === undefined) return undefined;
  const { bootConsole, savedAt } = kept;
  const began = performance.now();
  const ready = Array.from({ length: Math.max(1, options.wanted ?? 1) }, () => restored(kept.saved, signal));
  // A failure of the others belongs to those who get them.
  for (const guest of ready) guest.catch(() => undefined);
  try {
    await ready[0];
  } catch (error) {
    await closeAll(ready);
    if (signal.aborted) throw error;
    say(`the guest saved at ${savedAt} cannot be used, the kernel is booted anew: ${messageOf(error)}`);
    await dropGuest(key);
    return undefined;
  }
  const slowness = (performance.now() - began) / REFERENCE_RESTORE_MS;
  const saved = { ...kept.saved, timeScale: Math.min(MOST_SCALE, Math.max(1, slowness)) };
  try {
    await writeFile(consoleFile, bootConsole);
  } catch (error) {
    await closeAll(ready);
    throw error;
  }
  return {
    bootConsole,
    savedAt,
    timeScale: saved.timeScale,
    argv: saved.argv,
    restore: (one) => ready.shift() ?? restored(saved, AbortSignal.any([one, signal])),
    [Symbol.asyncDispose]: async () => {
      await closeAll(ready);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Guests that nobody took. */
async function closeAll(guests: readonly Promise<RestoredGuest>[]): Promise<void> {
  await Promise.all(guests.map((guest) => guest.then((one) => one.close()).catch(() => undefined)));
}

async function restored(saved: SavedGuest, signal: AbortSignal): Promise<RestoredGuest> {
  const guest = await restoreGuest(saved, { dir: tempDir('restored'), isFatalLine, signal });
  try {
    const agent = await guest.agent();
    return {
      // The agent's first line is checked where it is read; its layout is the model's to understand.
      hello: agent.hello as unknown as Hello,
      request: (request, deadlineMs) => agent.request(request, deadlineMs),
      exec: (argv, wishes) => guest.exec(argv, wishes),
      consoleText: () => guest.consoleText(),
      lost: guest.lost,
      close: () => guest.close(),
    };
  } catch (error) {
    await guest.close();
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
