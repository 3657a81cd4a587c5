import type { Deviation } from '../store/records.js';
import type { Mapping } from './mappings.js';
import type { MapRun, Reply } from './protocol.js';
import type { Action } from './schema.js';
import { checkSlots, slotsNamed } from './swap-checks.js';

/** Whether a case has swap on, and the slots that its page tables name. */
export class SwapState {
  #on = false;
  #restored: number | undefined;
  /** Where the pages of each mapping were when it was last looked at. */
  readonly #seen = new Map<Mapping, readonly MapRun[]>();

  get on(): boolean {
    return this.#on;
  }

  /** Pages that had come back as ones of the working set when swap was switched on. */
  get restored(): number | undefined {
    return this.#restored;
  }

  note(action: Action, { swap }: Reply): void {
    if (action.op !== 'swap') return;
    const { on = true, hold } = action.args;
    this.#on = on;
    if (hold === undefined) this.#restored = swap?.restored;
  }

  look(runs: ReadonlyMap<Mapping, readonly MapRun[]>): void {
    for (const [mapping, seen] of runs) this.#seen.set(mapping, seen);
  }

  /**
   * What is wrong with the slots in use.
   * @param mappings those that there are, of all processes
   */
  check(step: number, { swap }: Reply, mappings: readonly Mapping[]): Deviation[] {
    const named = slotsNamed(mappings.map((mapping) => this.#seen.get(mapping) ?? []));
    return checkSlots(step, swap, named, mappings.length > 0);
  }
}
