import { run } from '../process/child.js';
import { which } from '../process/which.js';
import { deadTemps } from '../store/temp.js';
import { acceleratorState, type AcceleratorState } from './accelerator.js';
import { kvmDevice, type KvmDevice } from './host.js';
import type { Machine } from './machine.js';

export interface ToolFact {
  readonly name: string;
  /** Debian package that has it. */
  readonly package: string;
  readonly path?: string;
  readonly version?: string;
}

export interface GuestFacts {
  readonly tools: readonly ToolFact[];
  readonly kvm: KvmDevice;
  readonly accelerator: AcceleratorState;
  /** Folders of runs that were SIGKILLed; their QEMUs died with them (PR_SET_PDEATHSIG). */
  readonly leftovers: readonly string[];
}

interface Tool {
  readonly name: string;
  readonly package: string;
  readonly versionArgv: readonly string[];
}

function neededTools(machine: Machine): Tool[] {
  return [
    { name: machine.qemu.binary, package: machine.qemu.package, versionArgv: ['--version'] },
    { name: 'busybox', package: 'busybox-static', versionArgv: [] },
    { name: 'dropbear', package: 'dropbear-bin', versionArgv: ['-V'] },
    { name: 'ldd', package: 'libc-bin', versionArgv: ['--version'] },
    { name: 'setpriv', package: 'util-linux', versionArgv: ['--version'] },
  ];
}

async function toolFact({ name, package: debian, versionArgv }: Tool): Promise<ToolFact> {
  const path = which(name);
  if (path === undefined) return { name, package: debian };
  const result = await run([path, ...versionArgv], {
    what: `${name} for its version`,
    deadlineMs: 10_000,
  }).catch(() => undefined);
  const version = /v?(\d{4}\.\d+|\d+\.\d+(?:\.\d+)*)/.exec(
    `${result?.stdout ?? ''}${result?.stderr ?? ''}`,
  )?.[1];
  return { name, package: debian, path, ...(version === undefined ? {} : { version }) };
}

/** All that guests need of this host, as data. */
export async function guestFacts(machine: Machine): Promise<GuestFacts> {
  const [tools, kvm] = await Promise.all([Promise.all(neededTools(machine).map(toolFact)), kvmDevice()]);
  const accelerator = await acceleratorState(machine, kvm);
  return { tools, kvm, accelerator, leftovers: deadTemps() };
}
