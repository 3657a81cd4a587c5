import { parseLayout } from '../../../orchestrator/model/layout.js';
import type { Layout } from '../../../orchestrator/model/layout.js';
import { Machine } from '../../../orchestrator/model/machine.js';
import type { Variant } from '../../../orchestrator/model/variants.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import type { BootedKernel } from '../../../orchestrator/run/booted-kernel.js';
import { addressesOf } from '../../../orchestrator/scenario/page-maps.js';
import { readField } from '../../../orchestrator/scenario/chunk.js';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import type { LeasedGuest } from '../../../orchestrator/scenario/protocol.js';
import { GuestSession } from '../../../orchestrator/scenario/session.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import { ContractNotes } from './contract-notes.js';
import { Counter } from './counts.js';
import { EndLedger } from './end-ledger.js';
import type { Lines } from './lines.js';
import type { ObjectCode } from './object-code.js';
import { play } from './play.js';
import type { Played } from './play.js';
import { drawBit, pokeOnce } from './pokes.js';
import { Tally } from './result.js';
import type { ProofResult } from './result.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';
import type { Sequence } from './sequence.js';

export interface ProveOptions {
  readonly kernel: BootedKernel;
  readonly variant: Variant;
  /** Where the lines of the kernel under test are in 7.3. */
  readonly lines: Lines;
  readonly code: ObjectCode;
  readonly sequences: readonly Sequence[];
  /** Bits to turn over, spread over the generated sequences. */
  readonly pokes: number;
  /** Where the pokes are drawn from. */
  readonly seed: number;
  readonly lanes: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

interface Work {
  readonly options: ProveOptions;
  readonly queue: Sequence[];
  readonly tally: Tally;
  readonly ledger: EndLedger;
  readonly dice: Dice;
  /** Pokes after each generated sequence, until there are enough. */
  readonly pokesEach: number;
}

/** Guests that cannot be had or kept, one after another, before a lane gives up. */
const DEAD_GUESTS = 3;

/** Plays all sequences on one kernel, in guests restored from one boot; a guest that crashed or hangs is replaced. */
export async function prove(options: ProveOptions): Promise<ProofResult> {
  await using pool = new RestoringPool({ restore: (signal) => options.kernel.restore(signal) });
  const random = options.sequences.filter(({ group }) => group === 'random').length;
  const work: Work = {
    options,
    queue: [...options.sequences],
    tally: new Tally(),
    ledger: new EndLedger(),
    dice: new Dice(options.seed),
    pokesEach: random === 0 ? 0 : Math.max(3, Math.ceil(options.pokes / random)),
  };
  const began = performance.now();
  const lanes = Array.from({ length: options.lanes }, () => runLane(pool, work));
  await Promise.all(lanes);
  return work.tally.result((performance.now() - began) / 1000, pool.restored);
}

async function runLane(pool: RestoringPool, work: Work): Promise<void> {
  const { signal } = work.options;
  let lane: Lane | undefined;
  let dead = 0;
  try {
    for (let sequence = work.queue.shift(); sequence; sequence = work.queue.shift()) {
      signal.throwIfAborted();
      try {
        lane ??= await Lane.open(pool, work);
        const absent = lane.unmet(sequence);
        if (absent !== undefined) {
          work.tally.skip(sequence, absent);
          continue;
        }
        const played = await lane.play(sequence);
        dead = 0;
        if (played.guestUsable) continue;
      } catch (error) {
        // A guest that was lost in a way that says nothing of the kernel: once more in another.
        dead += 1;
        if (!(error instanceof CiError) || error.fault !== 'guest-lost' || dead >= DEAD_GUESTS) throw error;
        work.options.say(`${sequence.id} again: ${error.message}`);
        work.queue.unshift(sequence);
      }
      await lane?.discard();
      lane = undefined;
    }
  } finally {
    lane?.release();
  }
}

/** A guest and a model side by side. */
class Lane {
  readonly #work: Work;
  readonly #guest: LeasedGuest;
  readonly #session: GuestSession;
  readonly #machine: Machine;
  readonly #layout: Layout;

  private constructor(
    work: Work,
    guest: LeasedGuest,
    session: GuestSession,
    layout: Layout,
    machine: Machine,
  ) {
    this.#work = work;
    this.#guest = guest;
    this.#session = session;
    this.#layout = layout;
    this.#machine = machine;
  }

  static async open(pool: RestoringPool, work: Work): Promise<Lane> {
    const { signal, kernel, variant } = work.options;
    const guest = await pool.acquire({ signal });
    const session = new GuestSession(guest, scanConsole);
    try {
      await session.open(kernel.timeScale);
      const { ready, pristine } = session;
      if (ready === undefined) throw new CiError('infra', 'this kernel has no device-private memory');
      const layout = parseLayout(ready.layout);
      const freshFlags = readField(pristine, ready, 0, 'page.flags');
      const machine = new Machine(variant, {
        layout,
        ...addressesOf(ready.chunk),
        ...(freshFlags === undefined ? {} : { freshFlags }),
      });
      return new Lane(work, guest, session, layout, machine);
    } catch (error) {
      await guest.discard();
      throw error;
    }
  }

  /** The first option that the sequence needs and this kernel lacks. */
  unmet({ requires = [] }: Sequence): string | undefined {
    return requires.find((option) => this.#layout.config[option] !== true);
  }

  async play(sequence: Sequence): Promise<Played> {
    const { tally, ledger, options } = this.#work;
    const counter = new Counter(this.#layout);
    const notes = sequence.group === 'S' ? new ContractNotes(this.#session, options.variant) : undefined;
    const played = await play(sequence, {
      session: this.#session,
      machine: this.#machine,
      layout: this.#layout,
      counter,
      timeScale: options.kernel.timeScale,
      lines: options.lines,
      code: options.code,
      // The sequences that have a name are few, and each is in the table.
      enough: (end) => sequence.group !== 'S' && ledger.enough(end),
      ...(notes === undefined ? {} : { onStep: notes.note }),
    });
    if (played.end) ledger.note(played.end);
    tally.add(sequence, played, counter.counts, notes?.deviations);
    for (const { sequence: id, step, op, what } of played.differences)
      options.say(`DIFFERENCE ${id} step ${step} (${op}): ${what}`);
    if (sequence.group === 'random' && played.guestUsable && played.differences.length === 0 && !played.cut)
      await this.#poke();
    return played;
  }

  async #poke(): Promise<void> {
    const { tally, dice, pokesEach, options } = this.#work;
    for (let i = 0; i < pokesEach && tally.claimPoke(options.pokes); i += 1) {
      const bit = drawBit(dice, this.#machine, this.#layout);
      const wrong = await pokeOnce(bit, this.#session, this.#machine, this.#layout, options.kernel.timeScale);
      tally.poke(wrong);
      if (wrong !== undefined) options.say(`POKE ${wrong}`);
    }
  }

  async discard(): Promise<void> {
    await this.#guest.discard();
  }

  release(): void {
    this.#guest.release();
  }
}
