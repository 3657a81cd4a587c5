import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acceleratorState, chooseAccelerator } from '../guest/accelerator.js';
import type { AcceleratorChoice } from '../guest/accelerator.js';
import { AGENT_PATH } from '../guest/guest.js';
import type { GuestImage } from '../guest/guest.js';
import { measureClock } from '../guest/guest-clock.js';
import { qemuVersion } from '../guest/host.js';
import { makeUserKey } from '../guest/keys.js';
import { loadMachine, machinesDir, reservedParameters } from '../guest/machine.js';
import type { Accelerator, Machine } from '../guest/machine.js';
import { requireQemu } from '../guest/qemu.js';
import type { KernelArtifact } from '../kernel/artifact.js';
import { isFatalLine } from '../splat/fatal.js';
import { sha256 } from '../store/hash.js';
import { agentBinary } from './agent-binary.js';
import { bootedKernel } from './booted-kernel.js';
import type { BootedKernel } from './booted-kernel.js';
import type { RunOptions } from './options.js';

/** What a caller may want of a boot beyond the defaults. */
export interface BootWishes {
  /** Struct pages in the chunk of device memory; default 2048: two huge pages and their neighbours. */
  readonly pages?: number;
  /** Arguments for the kernel, after the machine's own. */
  readonly cmdline?: readonly string[];
  /** Guests that are wanted as soon as it has booted; default 1. */
  readonly wanted?: number;
}

const CHUNK_PAGES = 2048;

/** The module's own parameters; scenarios may poke single words. */
function moduleParameters(
  machine: Machine,
  { pages = CHUNK_PAGES, cmdline = [] }: BootWishes,
): readonly string[] {
  const reserved = reservedParameters(machine, 'zdplace').map((parameter) => `zdplace.${parameter}`);
  return [`zdplace.pages=${pages}`, 'zdplace.unsafe=1', ...reserved, ...cmdline];
}

/** The part of a run's options that guests depend on. */
export type HostOptions = Pick<RunOptions, 'machine' | 'accel'> & Partial<Pick<RunOptions, 'fresh'>>;

/** Boots kernels on one machine under the accelerator that was chosen for this host. */
export class GuestHost {
  readonly machine: Machine;
  readonly qemuVersion: string;
  readonly digest: string;
  argv: readonly string[] = [];
  readonly #options: HostOptions;
  readonly #agent: string;
  readonly #say: (text: string) => void;
  #choice: AcceleratorChoice | undefined;
  #clock: readonly string[] | undefined;
  #plan: { readonly name: 'kvm' | 'tcg'; readonly why: string } = {
    name: 'tcg',
    why: 'no kernel was booted',
  };
  readonly #abort = new AbortController();
  readonly #user = makeUserKey();

  private constructor(
    options: HostOptions,
    machine: Machine,
    version: string,
    digest: string,
    agent: string,
    say: (text: string) => void,
  ) {
    this.#options = options;
    this.machine = machine;
    this.qemuVersion = version;
    this.digest = digest;
    this.#agent = agent;
    this.#say = say;
  }

  /** Throws CiError: `usage` for an unknown machine, `infra` where QEMU or the agent's compiler is missing. */
  static async open(
    options: HostOptions,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<GuestHost> {
    const machine = loadMachine(options.machine);
    requireQemu(machine);
    const version = `QEMU ${(await qemuVersion(machine.qemu.binary)) ?? 'of unknown version'}`;
    const agent = await agentBinary(signal);
    const text = await readFile(`${machinesDir()}/${options.machine}.yaml`, 'utf8');
    const host = new GuestHost(options, machine, version, sha256(text, version, options.accel), agent, say);
    const state = await acceleratorState(machine);
    host.#plan = { name: state.proved ? state.name : 'tcg', why: state.why };
    return host;
  }

  /** The accelerator as far as it is known; before the first boot that may be a plan only. */
  get accelerator(): { name: 'kvm' | 'tcg'; why: string } {
    const { name, why } = this.#choice ?? this.#plan;
    return { name, why };
  }

  /**
   * Boots, waits until the guest answers, saves it; or takes what an earlier run saved of the same kernel, programs, machine and
   * QEMU. Throws CiError('boot') with the console's tail.
   */
  async boot(
    artifact: KernelArtifact,
    consoleFile: string,
    signal: AbortSignal,
    wishes: BootWishes = {},
  ): Promise<BootedKernel> {
    const accel = await this.#chosen(artifact, signal);
    if (accel === 'tcg') this.#clock ??= await measureClock(this.#agent, signal);
    const cmdline = [...(this.#clock ?? []), ...moduleParameters(this.machine, wishes)];
    await mkdir(dirname(consoleFile), { recursive: true });
    const kernel = await bootedKernel({
      machine: this.machine,
      accel,
      image: this.#image(artifact),
      cmdline,
      user: this.#user,
      consoleFile,
      fresh: this.#options.fresh === true,
      ...(wishes.wanted === undefined ? {} : { wanted: wishes.wanted }),
      signal: AbortSignal.any([signal, this.#abort.signal]),
      say: this.#say,
    });
    this.argv = kernel.argv;
    return kernel;
  }

  async #chosen({ vmlinux }: KernelArtifact, signal: AbortSignal): Promise<Accelerator> {
    if (this.#choice === undefined) {
      const { machine } = this;
      const wish = this.#options.accel;
      const progress = this.#say;
      this.#choice = await chooseAccelerator({ wish, machine, vmlinux, isFatalLine, signal, progress });
      this.#say(`accelerator ${this.#choice.name}: ${this.#choice.why}`);
    }
    return this.#choice.name;
  }

  #image(artifact: KernelArtifact): GuestImage {
    const modules = [
      ...(artifact.moduleError === undefined ? [artifact.module] : []),
      ...(artifact.testHmm === undefined ? [] : [artifact.testHmm]),
    ];
    const files = [
      { path: AGENT_PATH, from: this.#agent, mode: 0o755 },
      ...(artifact.hmmTests === undefined
        ? []
        : [{ path: '/bin/hmm-tests', from: artifact.hmmTests, mode: 0o755 }]),
    ];
    return { vmlinux: artifact.vmlinux, modules, files };
  }

  /** What a module has to be told about the memory that the machine keeps for it. */
  memoryParameters(module: string): readonly string[] {
    return reservedParameters(this.machine, module);
  }

  /** Ends every guest of this host. */
  close(): void {
    this.#abort.abort(new Error('the run is over'));
  }
}
