import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { formatDuration } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import { writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';
import { tempDir } from '../store/temp.js';
import { startToFirstLine } from './boot.js';
import { hostKey, kvmDevice, qemuVersion, type KvmDevice } from './host.js';
import type { Accelerator, Machine } from './machine.js';
import { requireQemu } from './qemu.js';

export type AcceleratorWish = 'auto' | 'kvm' | 'tcg';

export interface AcceleratorChoice {
  readonly name: Accelerator;
  /** One sentence, shown wherever the accelerator is. */
  readonly why: string;
  /** Milliseconds spent booting to find out; 0 where it was known. */
  readonly probeMs: number;
}

/** What `ci doctor` shows. `unproved`: KVM opens and no kernel has been booted under it yet. */
export type AcceleratorState =
  | { readonly proved: true; readonly name: Accelerator; readonly why: string }
  | { readonly proved: false; readonly why: string };

const Verdict = z.strictObject({ works: z.boolean(), why: z.string(), at: z.string() });
type Verdict = z.infer<typeof Verdict>;

/** Whether this kernel prints anything under this accelerator, and after how many milliseconds. */
export type FirstLineProbe = (
  accel: Accelerator,
) => Promise<{ readonly ms: number } | { readonly silent: string }>;

/**
 * KVM is judged by comparison: it is broken only if it shows nothing for its whole deadline where TCG shows a line.
 * Undefined: the kernel shows nothing under either, so nothing is known about KVM.
 */
export async function judgeKvm(probe: FirstLineProbe): Promise<Omit<Verdict, 'at'> | undefined> {
  const kvm = await probe('kvm');
  if ('ms' in kvm)
    return { works: true, why: `a kernel's first line came after ${formatDuration(kvm.ms)} under KVM` };
  const tcg = await probe('tcg');
  if ('silent' in tcg) return undefined;
  return {
    works: false,
    why: `KVM does not run Linux here: ${kvm.silent}; under TCG it came after ${formatDuration(tcg.ms)}`,
  };
}

function verdictFile(key: string): string {
  return join(cacheDir(), 'accelerator', `${key}.json`);
}

async function readVerdict(file: string): Promise<Verdict | undefined> {
  try {
    return Verdict.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export interface ChooseOptions {
  readonly wish: AcceleratorWish;
  readonly machine: Machine;
  /** The first kernel that was built. */
  readonly vmlinux: string;
  readonly isFatalLine: (line: string) => boolean;
  readonly signal?: AbortSignal;
  /** Called before a boot that may take seconds. */
  readonly progress?: (text: string) => void;
  /** For tests. */
  readonly probe?: FirstLineProbe;
  readonly device?: KvmDevice;
}

function bootProbe(options: ChooseOptions): FirstLineProbe {
  const { machine, vmlinux, isFatalLine, signal } = options;
  return async (accel) => {
    options.progress?.(`trying whether a kernel boots under ${accel.toUpperCase()}`);
    const dir = tempDir('accel');
    const image = { vmlinux, modules: [], files: [] };
    const boot = { machine, accel, image, dir, isFatalLine, ...(signal === undefined ? {} : { signal }) };
    try {
      const { qemu, firstLineMs } = await startToFirstLine(boot, {
        kernel: vmlinux,
        console: join(dir, 'console.log'),
      });
      await qemu.kill();
      return { ms: firstLineMs };
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof CiError)) throw error;
      return { silent: error.message };
    }
  };
}

async function autoChoice(options: ChooseOptions): Promise<AcceleratorChoice> {
  const device = options.device ?? (await kvmDevice());
  if (device.state !== 'opens') return { name: 'tcg', why: device.why, probeMs: 0 };
  const qemu = (await qemuVersion(options.machine.qemu.binary)) ?? '';
  const file = verdictFile(await hostKey(qemu));
  const known = await readVerdict(file);
  if (known !== undefined) {
    return {
      name: known.works ? 'kvm' : 'tcg',
      why: `${known.why} (found out ${known.at.slice(0, 10)})`,
      probeMs: 0,
    };
  }
  const began = performance.now();
  const verdict = await judgeKvm(options.probe ?? bootProbe(options));
  const probeMs = performance.now() - began;
  if (verdict === undefined) {
    return { name: 'tcg', why: 'KVM is not proved: this kernel prints nothing under TCG either', probeMs };
  }
  await writeFileAtomic(file, JSON.stringify({ ...verdict, at: new Date().toISOString() }));
  return { name: verdict.works ? 'kvm' : 'tcg', why: verdict.why, probeMs };
}

/**
 * Chooses by booting `vmlinux`, once for each host, host kernel and QEMU. CiError('infra') where KVM was asked for and
 * does not work, or QEMU is missing.
 */
export async function chooseAccelerator(options: ChooseOptions): Promise<AcceleratorChoice> {
  requireQemu(options.machine);
  if (options.wish === 'tcg') return { name: 'tcg', why: 'asked for with --accel tcg', probeMs: 0 };
  const choice = await autoChoice(options);
  if (options.wish === 'auto' || choice.name === 'kvm') return choice;
  throw new CiError('infra', `--accel kvm: ${choice.why}`, {
    remedy: 'Leave --accel out, or give --accel tcg: slower, and the same results.',
  });
}

/** What is known without booting anything. */
export async function acceleratorState(machine: Machine, device?: KvmDevice): Promise<AcceleratorState> {
  const kvm = device ?? (await kvmDevice());
  if (kvm.state !== 'opens') return { proved: true, name: 'tcg', why: kvm.why };
  const qemu = await qemuVersion(machine.qemu.binary);
  if (qemu === undefined) return { proved: false, why: `${machine.qemu.binary} is not installed` };
  const known = await readVerdict(verdictFile(await hostKey(qemu)));
  if (known !== undefined) return { proved: true, name: known.works ? 'kvm' : 'tcg', why: known.why };
  return {
    proved: false,
    why: `not proved yet: ${kvm.why}, and the first kernel that is built will be booted under it (Linux ${release()})`,
  };
}
