import type { Accelerator, Machine } from './machine.js';

/** Name, in QEMU's table of files for the guest, of the one that says who may log in (QEMU: names of users begin with opt/). */
export const AUTHORIZED_KEYS_NAME = 'opt/zone-device-ci/authorized_keys';

export interface QemuFiles {
  /** vmlinux, an uncompressed ELF with the PVH entry point. Absent for a guest that is restored. */
  readonly kernel?: string;
  readonly initrd?: string;
  readonly console: string;
  /** Lines for ssh's authorized_keys: who may log in. Without it nobody can. */
  readonly authorizedKeys?: string;
  /**
   * The guest's memory as a file that QEMU writes through (`shared`, needed to save the guest) or reads and copies on
   * write (`private`, for a guest out of a saved one). Without it memory is anonymous and the guest cannot be saved.
   */
  readonly memory?: { readonly path: string; readonly mode: 'shared' | 'private' };
}

export interface QemuRequest {
  readonly machine: Machine;
  readonly accel: Accelerator;
  readonly files: QemuFiles;
  /** Words added to the machine's own kernel command line. */
  readonly cmdline?: readonly string[];
  /** Starts empty and waits for `migrate-incoming`. */
  readonly incoming?: boolean;
}

/** QEMU's option parser ends a value at a comma; a doubled one stands for itself. */
function escape(value: string): string {
  return value.replaceAll(',', ',,');
}

/** Words of the kernel command line, in order: the machine's, its reserved memory, then the caller's. */
export function kernelCommandLine(machine: Machine, extra: readonly string[] = []): string {
  const reserved = machine.memory.reserved.map(({ start, mib }) => `memmap=${mib}M$0x${start.toString(16)}`);
  return [...machine.cmdline.map(({ arg }) => arg), ...reserved, ...extra].join(' ');
}

/**
 * The command line of QEMU for one guest. QMP is on stdin and stdout, the console in a file, the only network is a
 * forward from a loopback port of QEMU's choice to the guest's ssh port.
 */
export function qemuArgv({ machine, accel, files, cmdline = [], incoming = false }: QemuRequest): string[] {
  const { memory } = files;
  const backend = memory === undefined ? [] : ['memory-backend=ram'];
  const options = Object.entries(machine.machine.options).map(([key, value]) => `${key}=${value}`);
  const words: readonly (readonly string[])[] = [
    [machine.qemu.binary, '-nodefaults', '-no-user-config', '-no-reboot'],
    ['-display', 'none'],
    ['-M', [machine.machine.type, ...options, ...backend].join(',')],
    ['-accel', accel],
    ['-cpu', machine.cpu[accel]],
    ['-smp', String(machine.cpu.count)],
    ['-m', `${machine.memory.mib}M`],
    memory === undefined ? [] : ['-object', memoryObject(machine, memory)],
    files.kernel === undefined
      ? []
      : ['-kernel', files.kernel, '-append', kernelCommandLine(machine, cmdline)],
    files.initrd === undefined ? [] : ['-initrd', files.initrd],
    files.authorizedKeys === undefined
      ? []
      : ['-fw_cfg', `name=${AUTHORIZED_KEYS_NAME},file=${escape(files.authorizedKeys)}`],
    ['-chardev', `file,id=console,path=${escape(files.console)}`],
    ['-serial', 'chardev:console'],
    ['-chardev', 'stdio,id=qmp,signal=off'],
    ['-mon', 'chardev=qmp,mode=control'],
    ['-netdev', 'user,id=net,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:0-:22'],
    ['-device', 'virtio-net-device,netdev=net'],
    ['-device', 'virtio-rng-device'],
    machine.qemu.sandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny'] : [],
    incoming ? ['-incoming', 'defer'] : [],
  ];
  return words.flat();
}

function memoryObject(machine: Machine, memory: NonNullable<QemuFiles['memory']>): string {
  const share = memory.mode === 'shared' ? 'on' : 'off';
  return `memory-backend-file,id=ram,size=${machine.memory.mib}M,mem-path=${escape(memory.path)},share=${share}`;
}
