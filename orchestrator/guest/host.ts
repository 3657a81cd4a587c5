import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import { run } from '../process/child.js';
import { which } from '../process/which.js';
import { sha256 } from '../store/hash.js';

/** /dev/kvm as far as it shows without booting anything. */
export interface KvmDevice {
  readonly state: 'absent' | 'no-permission' | 'opens';
  /** One sentence, for the user. */
  readonly why: string;
  readonly remedy?: string;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Looks at the KVM device. That it opens says nothing about whether a guest will run (DESIGN, The guest). */
export async function kvmDevice(path = '/dev/kvm'): Promise<KvmDevice> {
  try {
    const handle = await open(path, constants.O_RDWR);
    await handle.close();
    return { state: 'opens', why: `${path} opens` };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EACCES' || code === 'EPERM') {
      return {
        state: 'no-permission',
        why: `no permission to open ${path}`,
        remedy: 'sudo usermod -aG kvm $USER, then log in again',
      };
    }
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    // A device node without a driver behind it gives ENXIO or ENODEV.
    const why = exists ? `${path} exists but does not open (${code})` : `there is no ${path}`;
    return { state: 'absent', why };
  }
}

/** "7.2.22" out of `QEMU emulator version 7.2.22 (Debian …)`; undefined where QEMU is missing. */
export async function qemuVersion(binary: string): Promise<string | undefined> {
  if (which(binary) === undefined) return undefined;
  const result = await run([binary, '--version'], { what: `${binary} --version`, deadlineMs: 10_000 });
  return /version (\S+)/.exec(result.stdout)?.[1];
}

/** Same host, same host kernel and same QEMU: what worked once works again. */
export async function hostKey(qemu: string): Promise<string> {
  const id = await readFile('/etc/machine-id', 'utf8').catch(() => '');
  return sha256(id.trim() || hostname(), release(), qemu).slice(0, 16);
}
