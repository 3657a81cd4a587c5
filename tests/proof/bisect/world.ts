import type { Outcome, Place } from '../../../orchestrator/bisect/types.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';

/** What a trial is like. Rates are in percent. */
export interface Cell {
  /** Commits after the old end. */
  readonly commits: number;
  /** Of the runs in which the failure comes, where the change is. */
  readonly rate: number;
  /** Of the runs in which another failure comes first, everywhere. */
  readonly noise: number;
  /** Whether the failure key tells the other failure from the one that is looked for. */
  readonly told: boolean;
  /** Of the commits between the ends that cannot be tested. */
  readonly skips: number;
  /** Whether the culprit can be dropped at the new end; default yes. */
  readonly noCure?: boolean;
}

/** A line of commits, one of them the culprit, drawn from a seed. Every run draws anew. */
export class World {
  readonly cell: Cell;
  readonly culprit: number;
  readonly untestable: readonly boolean[];
  readonly #dice: Dice;
  /** Runs so far. */
  runs = 0;
  /** Places that turned out to be untestable. */
  tries = 0;

  constructor(cell: Cell, seed: number) {
    this.cell = cell;
    this.#dice = new Dice(seed);
    this.culprit = 1 + this.#dice.roll(cell.commits);
    this.untestable = Array.from(
      { length: cell.commits + 1 },
      (_, commit) => commit > 0 && commit < cell.commits && this.#dice.chance(cell.skips),
    );
  }

  /** What one run ends in. */
  run(at: Place): Outcome {
    if (at.kind === 'commit' ? this.untestable[at.commit] : this.cell.noCure) {
      this.tries += 1;
      return 'untestable';
    }
    this.runs += 1;
    if (this.#dice.chance(this.cell.noise)) return this.cell.told ? 'other' : 'match';
    return this.#fails(at) && this.#dice.chance(this.cell.rate) ? 'match' : 'pass';
  }

  #fails(at: Place): boolean {
    return at.kind === 'commit' ? at.commit >= this.culprit : !at.commits.includes(this.culprit);
  }
}

/** What a method made of a world. */
export interface Trial {
  readonly answered: boolean;
  readonly right: boolean;
  readonly runs: number;
  /** What it says of its answer, where it says something. */
  readonly posterior?: number;
}
