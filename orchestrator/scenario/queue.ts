import type { Case } from './schema.js';

export interface QueueOptions {
  /** Ids of cases that come after all others, in the order they were given; see shift() for those that hang. */
  readonly last?: ReadonlySet<string>;
  /** Those of `last` that are likely to hang. */
  readonly hangs?: ReadonlySet<string>;
  /** Hand them out as they come: the caller chose their order, or draws them one by one. */
  readonly asGiven?: boolean;
}

/**
 * Cases for the lanes of a suite. The cases of a scenario go to one lane while there are other scenarios for the other
 * lanes: a guest under TCG translates what they make the kernel do when it first does it, and with all lanes at all scenarios
 * every guest would have to translate all of it, a third of the time of a suite.
 */
export class CaseQueue {
  /** In the order in which the lanes took them. */
  readonly taken: Case[] = [];
  readonly #byScenario = new Map<string, Case[]>();
  readonly #ofLane = new Map<number, string>();
  /** Those that come as they are given. */
  #given: Iterator<Case> | undefined;
  readonly #last: Case[] = [];
  readonly #hanging: Case[] = [];
  /** The cases that come last have begun, or there are no more. */
  readonly late: Promise<void>;
  #isLate: () => void = () => {};
  #stopped = false;

  constructor(cases: Iterable<Case>, { last, hangs, asGiven = false }: QueueOptions = {}) {
    this.late = new Promise((resolve) => {
      this.#isLate = resolve;
    });
    if (asGiven || !Array.isArray(cases)) {
      this.#given = cases[Symbol.iterator]();
      return;
    }
    const all = cases as readonly Case[];
    for (const test of all) {
      if (last?.has(test.id)) {
        (hangs?.has(test.id) ? this.#hanging : this.#last).push(test);
        continue;
      }
      const same = this.#byScenario.get(test.scenario);
      if (same) same.push(test);
      else this.#byScenario.set(test.scenario, [test]);
    }
  }

  /** Nothing more is taken. */
  stop(): void {
    this.#stopped = true;
    this.#isLate();
  }

  /**
   * The next case for a lane; undefined where there is none.
   * @param patient of the cases that come last, those that hang come first. A hang is waited for without a processor: one
   * lane for them beside the others costs nothing, one hang behind everything else costs its time
   */
  shift(lane: number, patient = false): Case | undefined {
    if (this.#stopped) return undefined;
    const next = this.#ofScenario(lane) ?? this.#following(patient);
    if (next !== undefined) this.taken.push(next);
    return next;
  }

  #following(patient: boolean): Case | undefined {
    this.#isLate();
    const [first, second] = patient ? [this.#hanging, this.#last] : [this.#last, this.#hanging];
    const late = first.shift() ?? second.shift();
    if (late !== undefined) return late;
    const next = this.#given?.next();
    return next?.done === false ? next.value : undefined;
  }

  #ofScenario(lane: number): Case | undefined {
    const scenario = this.#scenarioFor(lane);
    if (scenario === undefined) return undefined;
    this.#ofLane.set(lane, scenario);
    const left = this.#byScenario.get(scenario) ?? [];
    const next = left.shift();
    if (left.length === 0) this.#byScenario.delete(scenario);
    return next;
  }

  /** Its own, or one that is no other lane's, of its own family if it can be; else the one with the most cases left. */
  #scenarioFor(lane: number): string | undefined {
    const own = this.#ofLane.get(lane);
    if (own !== undefined && this.#byScenario.has(own)) return own;
    const others = [...this.#ofLane].filter(([other]) => other !== lane).map(([, scenario]) => scenario);
    const families = new Set(others.map(familyOf));
    const left = [...this.#byScenario.keys()];
    const free = left.filter((scenario) => !others.includes(scenario));
    const kin = free.find((scenario) => own !== undefined && familyOf(scenario) === familyOf(own));
    return kin ?? free.find((scenario) => !families.has(familyOf(scenario))) ?? free[0] ?? this.#longest();
  }

  #longest(): string | undefined {
    const [longest] = [...this.#byScenario].toSorted(([, a], [, b]) => b.length - a.length);
    return longest?.[0];
  }
}

/** Scenarios of one letter make the kernel do alike things: D is what partial munmap and mremap do, E forks. */
function familyOf(scenario: string): string {
  return scenario.replace(/\d.*$/, '');
}
