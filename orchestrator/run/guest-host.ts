import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acceleratorState, chooseAccelerator } from '../guest/accelerator.js';
import type { AcceleratorChoice } from '../guest/accelerator.js';
import { bootGuest } from '../guest/boot.js';
import { AGENT_PATH } from '../guest/guest.js';
import { measureClock } from '../guest/guest-clock.js';
import type { GuestImage } from '../guest/guest.js';
import { loadMachine, machinesDir, reservedParameters } from '../guest/machine.js';
import type { Machine } from '../guest/machine.js';
import { restoreGuest, saveGuest } from '../guest/snapshot.js';
import type { SavedGuest } from '../guest/snapshot.js';
import { qemuVersion } from '../guest/host.js';
import { requireQemu } from '../guest/qemu.js';
import type { KernelArtifact } from '../kernel/artifact.js';
import type { RestoredGuest } from '../scenario/pool.js';
import type { Hello } from '../scenario/protocol.js';
import { isFatalLine } from '../splat/fatal.js';
import { sha256 } from '../store/hash.js';
import { tempDir } from '../store/temp.js';
import { agentBinary } from './agent-binary.js';
import type { RunOptions } from './options.js';

/** A kernel that booted: guests come out of its saved state until it is disposed. */
export interface BootedKernel extends AsyncDisposable {
  /** All that the console showed up to the moment the state was saved. */
  readonly bootConsole: string;
  readonly timeScale: number;
  restore(signal: AbortSignal): Promise<RestoredGuest>;
}

/** What a caller may want of a boot beyond the defaults. */
export interface BootWishes {
  /** Struct pages in the chunk of device memory; default 2048: two huge pages and their neighbours. */
  readonly pages?: number;
  /** Arguments for the kernel, after the machine's own. */
  readonly cmdline?: readonly string[];
}

const CHUNK_PAGES = 2048;

/** The module's own parameters; scenarios may poke single words. */
function moduleParameters({ pages = CHUNK_PAGES, cmdline = [] }: BootWishes): readonly string[] {
  return [`zdplace.pages=${pages}`, 'zdplace.unsafe=1', ...cmdline];
}

/** The part of a run's options that guests depend on. */
export type HostOptions = Pick<RunOptions, 'machine' | 'accel'>;

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

  /** Boots, waits until the guest answers, saves it. Throws CiError('boot') with the console's tail. */
  async boot(
    artifact: KernelArtifact,
    consoleFile: string,
    signal: AbortSignal,
    wishes: BootWishes = {},
  ): Promise<BootedKernel> {
    const image = this.#image(artifact);
    if (this.#choice === undefined) {
      this.#choice = await chooseAccelerator({
        wish: this.#options.accel,
        machine: this.machine,
        vmlinux: artifact.vmlinux,
        isFatalLine,
        signal,
        progress: this.#say,
      });
      this.#say(`accelerator ${this.#choice.name}: ${this.#choice.why}`);
    }
    if (this.#choice.name === 'tcg') this.#clock ??= await measureClock(this.#agent, signal);
    const ended = AbortSignal.any([signal, this.#abort.signal]);
    const dir = tempDir('guest');
    await mkdir(dirname(consoleFile), { recursive: true });
    const guest = await bootGuest({
      machine: this.machine,
      accel: this.#choice.name,
      image,
      dir,
      consoleFile,
      cmdline: [...(this.#clock ?? []), ...moduleParameters(wishes)],
      isFatalLine,
      signal: ended,
    });
    this.argv = guest.argv;
    const { timeScale } = guest;
    const saved = await saveGuest(guest);
    // Read last: what the kernel says while it is being stopped belongs to its boot too.
    const bootConsole = guest.consoleText();
    return {
      bootConsole,
      timeScale,
      restore: (one) => restored(saved, AbortSignal.any([one, ended])),
      [Symbol.asyncDispose]: () => rm(saved.dir, { recursive: true, force: true }),
    };
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

async function restored(saved: SavedGuest, signal: AbortSignal): Promise<RestoredGuest> {
  const guest = await restoreGuest(saved, { dir: tempDir('restored'), isFatalLine, signal });
  try {
    const agent = await guest.agent();
    return {
      // The agent's first line is checked where it is read; its layout is the model's to understand.
      hello: agent.hello as unknown as Hello,
      request: (request, deadlineMs) => agent.request(request, deadlineMs),
      exec: (argv, options) => guest.exec(argv, options),
      consoleText: () => guest.consoleText(),
      lost: guest.lost,
      close: () => guest.close(),
    };
  } catch (error) {
    await guest.close();
    throw error;
  }
}
