import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../process/child.js';
import { diskError } from '../process/disk.js';
import { CiError } from '../process/errors.js';
import { which } from '../process/which.js';
import { writeFileAtomic } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { cacheDir, projectRoot } from '../store/paths.js';
import { AUTHORIZED_KEYS_NAME } from './argv.js';
import { cpio, type CpioEntry } from './cpio.js';
import type { GuestImage } from './guest.js';
import type { HostKey } from './keys.js';

/** Bump when the layout made by baseEntries changes; contents are in the key already. */
const BASE_FORMAT = 'base-2';

/** drivers/firmware/qemu_fw_cfg.c shows there what QEMU has: the guest asks anew at each login, also out of a saved state. */
const AUTHORIZED_KEYS_IN_GUEST = `/sys/firmware/qemu_fw_cfg/by_name/${AUTHORIZED_KEYS_NAME}/raw`;

function program(name: string, debianPackage: string): string {
  const path = which(name);
  if (path !== undefined) return path;
  throw new CiError('infra', `\`${name}\` is not installed; the guest's initramfs needs it`, {
    remedy: `apt-get install ${debianPackage}`,
  });
}

/** Files a dynamic program loads at start, from the output of ldd. */
export function parseLdd(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

async function ldd(path: string): Promise<string[]> {
  const result = await run(['ldd', path], { what: `ldd ${path}`, deadlineMs: 10_000, env: { LC_ALL: 'C' } });
  return result.exitCode === 0 ? parseLdd(result.stdout) : [];
}

async function copied(from: string, to: string, mode: number): Promise<CpioEntry> {
  try {
    return { path: to.replace(/^\/+/, ''), kind: 'file', mode, data: await readFile(from) };
  } catch (error) {
    throw new CiError(
      'infra',
      `cannot read ${from} for the guest: ${error instanceof Error ? error.message : ''}`,
      {
        where: from,
        cause: error,
      },
    );
  }
}

const text = (path: string, content: string, mode = 0o644): CpioEntry => ({
  path,
  kind: 'file',
  mode,
  data: Buffer.from(content),
});

async function baseEntries(): Promise<CpioEntry[]> {
  const busybox = program('busybox', 'busybox-static');
  if ((await ldd(busybox)).length > 0) {
    throw new CiError('infra', `${busybox} is linked dynamically; the guest needs a static one`, {
      remedy: 'apt-get install busybox-static',
    });
  }
  const dropbear = program('dropbear', 'dropbear-bin');
  const list = await run([busybox, '--list'], { what: 'busybox --list', deadlineMs: 10_000 });
  const applets = list.stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const libraries = await ldd(dropbear);
  return [
    ...['dev', 'etc/dropbear', 'modules', 'proc', 'run', 'sys', 'tmp'].map((path): CpioEntry => ({
      path,
      kind: 'dir',
      mode: 0o755,
    })),
    { path: 'root', kind: 'dir', mode: 0o700 },
    { path: 'root/.ssh', kind: 'dir', mode: 0o700 },
    { path: 'root/.ssh/authorized_keys', kind: 'link', target: AUTHORIZED_KEYS_IN_GUEST },
    { path: 'dev/console', kind: 'char', mode: 0o600, major: 5, minor: 1 },
    { path: 'dev/null', kind: 'char', mode: 0o666, major: 1, minor: 3 },
    await copied(busybox, 'bin/busybox', 0o755),
    ...applets.map((name): CpioEntry => ({ path: `bin/${name}`, kind: 'link', target: 'busybox' })),
    await copied(dropbear, 'bin/dropbear', 0o755),
    ...(await Promise.all(libraries.map((library) => copied(library, library, 0o755)))),
    await copied(join(projectRoot(), 'guests', 'init', 'init'), 'init', 0o755),
    await copied(join(projectRoot(), 'guests', 'init', 'fstab'), 'etc/fstab', 0o644),
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    text('etc/group', 'root:x:0:\n'),
    // dropbear lets nobody in whose shell is not listed here.
    text('etc/shells', '/bin/sh\n'),
  ];
}

/** What every guest has, whatever its kernel: made once for each set of contents and kept in the cache. */
export async function baseInitramfs(): Promise<Buffer> {
  const entries = await baseEntries();
  const parts = entries.flatMap((entry): (string | Uint8Array)[] => {
    const { path, kind } = entry;
    const data = entry.kind === 'file' ? entry.data : entry.kind === 'link' ? entry.target : '';
    return [path, kind, String('mode' in entry ? entry.mode : 0), data];
  });
  const file = join(cacheDir(), 'initramfs', `${sha256(BASE_FORMAT, ...parts)}.cpio`);
  if (existsSync(file)) return readFile(file);
  const archive = cpio(entries);
  await writeFileAtomic(file, archive);
  return archive;
}

/** What belongs to one kernel: its modules below /modules, and the caller's files. */
export async function imageInitramfs(image: GuestImage): Promise<Buffer> {
  const modules = image.modules.map((from) => copied(from, `modules/${basename(from)}`, 0o644));
  const files = image.files.map(({ path, from, mode }) => copied(from, path, mode));
  return cpio(await Promise.all([...modules, ...files]));
}

/** What belongs to one boot: the key by which the guest is known. */
export function keyInitramfs(key: HostKey): Buffer {
  return cpio([
    { path: 'etc', kind: 'dir', mode: 0o755 },
    { path: 'etc/dropbear', kind: 'dir', mode: 0o755 },
    { path: 'etc/dropbear/host_key', kind: 'file', mode: 0o600, data: key.dropbearHostKey },
  ]);
}

/** Writes the three parts into one file: QEMU's -initrd takes one. */
export async function writeInitramfs(file: string, image: GuestImage, key: HostKey): Promise<void> {
  const parts = [await baseInitramfs(), await imageInitramfs(image), keyInitramfs(key)];
  try {
    await writeFile(file, Buffer.concat(parts), { mode: 0o600 });
  } catch (error) {
    throw diskError(error, file, "the guest's initramfs");
  }
}
