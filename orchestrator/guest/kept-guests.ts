import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { diskError } from '../process/disk.js';
import { which } from '../process/which.js';
import { publishDir } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { cacheDir } from '../store/paths.js';
import { tempDir } from '../store/temp.js';
import { kernelCommandLine } from './argv.js';
import { MEMORY_FILE, writeAuthorizedKeys } from './boot.js';
import type { GuestImage } from './guest.js';
import { baseInitramfs, imageInitramfs } from './initramfs.js';
import type { UserKey } from './keys.js';
import type { Accelerator, Machine } from './machine.js';
import { STATE_FILE, type SavedGuest } from './snapshot.js';

/** Changed when a saved guest of before could not be used any more. */
const FORMAT = 'guest-1';
const META_FILE = 'meta.json';
const CONSOLE_FILE = 'console.log';
/** All of them together at most, on disk; one is about 75 MB. */
const MOST_BYTES = 3 * 2 ** 30;
/** And of the space that would be free without them. */
const MOST_SHARE = 0.25;

const Meta = z.strictObject({
  argv: z.array(z.string()),
  /** Base64. */
  hostPublicKey: z.string(),
  timeScale: z.number().min(1).max(10),
  hasAgent: z.boolean(),
  saveMs: z.number().nonnegative(),
  size: z.number().int().nonnegative(),
  savedAt: z.iso.datetime(),
});

/** A saved guest of this run or of an earlier one, and what the console showed until it was saved. */
export interface KeptGuest {
  readonly saved: SavedGuest;
  readonly bootConsole: string;
  readonly savedAt: string;
}

/** All that the state of a guest depends on which has booted and was saved. */
export interface GuestMaking {
  readonly machine: Machine;
  readonly accel: Accelerator;
  readonly image: GuestImage;
  /** Words after the machine's own on the kernel command line. */
  readonly cmdline: readonly string[];
}

function guestsDir(): string {
  return join(cacheDir(), 'guests');
}

/**
 * Name of a saved guest: kernel, programs and modules by their bytes, machine, command line and QEMU. What belongs to one
 * run alone, who may log in, is not in a saved guest; the key by which it is known is, and belongs to the boot.
 */
export async function guestKey({ machine, accel, image, cmdline }: GuestMaking): Promise<string> {
  const { deadlines: _, ...hardware } = machine;
  const binary = which(machine.qemu.binary) ?? machine.qemu.binary;
  const [vmlinux, base, own, { size, mtimeMs }] = await Promise.all([
    readFile(image.vmlinux),
    baseInitramfs(),
    imageInitramfs(image),
    stat(binary),
  ]);
  const words = [FORMAT, accel, JSON.stringify(hardware), kernelCommandLine(machine, cmdline)];
  return sha256(...words, binary, String(size), String(mtimeMs), vmlinux, base, own).slice(0, 24);
}

/**
 * The saved guest of that name, to be restored by whoever has the `user` key. Its files are linked into `dir`, where
 * nobody else takes them away. Undefined where there is none, or none that can be used.
 */
export async function takeGuest(
  key: string,
  { machine, accel }: Pick<GuestMaking, 'machine' | 'accel'>,
  user: UserKey,
  dir: string,
): Promise<KeptGuest | undefined> {
  const from = join(guestsDir(), key);
  try {
    const { hostPublicKey, savedAt, ...meta } = Meta.parse(
      JSON.parse(await readFile(join(from, META_FILE), 'utf8')),
    );
    const bootConsole = await readFile(join(from, CONSOLE_FILE), 'utf8');
    for (const name of [STATE_FILE, MEMORY_FILE]) await link(join(from, name), join(dir, name));
    await writeAuthorizedKeys(dir, user);
    const now = new Date();
    await utimes(from, now, now).catch(() => {});
    const keys = { ...user, hostPublicKey: Buffer.from(hostPublicKey, 'base64') };
    const files = { file: join(dir, STATE_FILE), memory: join(dir, MEMORY_FILE), dir };
    return { saved: { ...meta, ...files, machine, accel, keys }, bootConsole, savedAt };
  } catch {
    await Promise.all([STATE_FILE, MEMORY_FILE].map((name) => rm(join(dir, name), { force: true })));
    return undefined;
  }
}

/**
 * Keeps a saved guest for later runs; guests may come out of it meanwhile. Its bytes are on the disk before it has its
 * name: half a memory would be a guest that lies. Throws CiError('infra') where the disk is full.
 */
export async function keepGuest(key: string, { saved, bootConsole, savedAt }: KeptGuest): Promise<void> {
  const to = join(guestsDir(), key);
  const { argv, keys, timeScale, hasAgent, saveMs, size } = saved;
  const hostPublicKey = keys.hostPublicKey.toString('base64');
  const meta: z.infer<typeof Meta> = {
    argv: [...argv],
    hostPublicKey,
    timeScale,
    hasAgent,
    saveMs,
    size,
    savedAt,
  };
  const staged = tempDir('kept-guest');
  try {
    await link(saved.file, join(staged, STATE_FILE));
    await link(saved.memory, join(staged, MEMORY_FILE));
    await writeFile(join(staged, CONSOLE_FILE), bootConsole, { mode: 0o600 });
    await writeFile(join(staged, META_FILE), `${JSON.stringify(meta, null, 1)}\n`, { mode: 0o600 });
    for (const name of [STATE_FILE, MEMORY_FILE, CONSOLE_FILE, META_FILE]) await sync(join(staged, name));
    await makeRoom(size);
    await publishDir(staged, to);
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    throw diskError(error, to, 'a saved guest');
  }
}

/** Takes a saved guest away that proved to be of no use. */
export async function dropGuest(key: string): Promise<void> {
  await rename(join(guestsDir(), key), join(tempDir('dropped-guest'), key)).catch(() => {});
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface Kept {
  readonly name: string;
  readonly bytes: number;
  /** When it was used last, in ms. */
  readonly used: number;
}

/** Which of them have to go so that `more` bytes have room among `most`: those that were not used for longest. */
export function toDrop(kept: readonly Kept[], more: number, most: number): string[] {
  let bytes = more + kept.reduce((sum, one) => sum + one.bytes, 0);
  const dropped: string[] = [];
  for (const one of kept.toSorted((a, b) => a.used - b.used)) {
    if (bytes <= most) break;
    bytes -= one.bytes;
    dropped.push(one.name);
  }
  return dropped;
}

async function makeRoom(more: number): Promise<void> {
  await mkdir(guestsDir(), { recursive: true, mode: 0o700 });
  const kept = await Promise.all(
    (await readdir(guestsDir())).map(async (name): Promise<Kept> => {
      const dir = join(guestsDir(), name);
      const [folder, memory] = await Promise.all([
        stat(dir),
        stat(join(dir, MEMORY_FILE)).catch(() => undefined),
      ]);
      return { name, bytes: (memory?.blocks ?? 0) * 512, used: folder.mtimeMs };
    }),
  );
  const { bavail, bsize } = await statfs(guestsDir());
  const all = kept.reduce((sum, one) => sum + one.bytes, 0);
  const most = Math.min(MOST_BYTES, (bavail * bsize + all) * MOST_SHARE);
  for (const name of toDrop(kept, more, most)) await dropGuest(name);
}
