import type { Event, TestRecord } from '../store/records.js';

/** Id of a test at a point: in a run with several profiles it carries the profile, so that none hides another. */
export function legTestId(id: string, profile: string, several: boolean): string {
  return several ? `${id}@${profile}` : id;
}

/** Passes events on as the events of one leg, and keeps the results that came so far. */
export class LegEvents {
  /** By the id that the suite knows. */
  readonly #ended = new Map<string, TestRecord>();
  readonly #emit: (event: Event) => void;
  readonly #name: (id: string) => string;
  readonly #profile: { readonly profile?: string };
  #guestTold = false;

  constructor(emit: (event: Event) => void, profile: string, several: boolean) {
    this.#emit = emit;
    this.#name = (id) => legTestId(id, profile, several);
    this.#profile = several ? { profile } : {};
  }

  /** Results that arrived, also where the suite they belong to never came to its end. */
  get tests(): TestRecord[] {
    return [...this.#ended.values()];
  }

  readonly emit = (event: Event): void => {
    switch (event.type) {
      case 'test-end':
        this.#ended.set(event.test.id, event.test);
        this.#emit({ ...event, test: { ...event.test, id: this.#name(event.test.id) } });
        return;
      case 'test-start':
      case 'step':
        this.#emit({ ...event, id: this.#name(event.id) });
        return;
      case 'guest':
        // All guests of a kernel are restored from one state.
        if (!this.#guestTold) this.#emit({ ...event, ...this.#profile });
        this.#guestTold = true;
        return;
      default:
        this.#emit(event);
    }
  };
}
