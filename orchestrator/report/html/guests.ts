import { parseLayout } from '../../model/layout.js';
import type { Place } from '../../model/kernel.js';
import { addressesOf } from '../../scenario/page-maps.js';
import { modelledGuest } from '../../scenario/play.js';
import type { ReadyHello } from '../../scenario/protocol.js';
import type { Event, GuestFacts } from '../../store/records.js';

/** How the struct pages of a guest are read. */
export interface ReadableGuest {
  readonly place: Place;
  readonly hello: ReadyHello;
  /** What the guest said of itself; false: the model's own table stands in, since the events are older. */
  readonly told: boolean;
}

/** The guests of a run, by point and profile. */
export class Guests {
  readonly #known = new Map<string, ReadableGuest>();

  constructor(events: readonly Event[]) {
    for (const event of events) {
      if (event.type !== 'guest') continue;
      const key = keyOf(event.point, event.profile);
      const guest = readable(event.guest);
      if (guest !== undefined && !this.#known.has(key)) this.#known.set(key, guest);
    }
  }

  /** The guest that a test ran in; its id ends in `@profile` where there are several. */
  of(point: number, id: string): ReadableGuest {
    const profile = /@([^@/]+)$/.exec(id)?.[1];
    return (
      this.#known.get(keyOf(point, undefined)) ?? this.#known.get(keyOf(point, profile)) ?? modelledAlone()
    );
  }
}

function keyOf(point: number, profile: string | undefined): string {
  return `${point} ${profile ?? ''}`;
}

let modelled: ReadableGuest | undefined;

function modelledAlone(): ReadableGuest {
  return (modelled ??= { ...modelledGuest(), told: false });
}

/** Undefined for a layout that the model does not know: nothing can be said of its bytes. */
function readable({ kernel, chunk, layout, freshFlags }: GuestFacts): ReadableGuest | undefined {
  try {
    const known = { feature: true, kernel, chunk, layout } as unknown as ReadyHello;
    const place: Place = {
      layout: parseLayout(layout),
      ...addressesOf(known.chunk),
      freshFlags: BigInt(freshFlags),
    };
    return { place, hello: known, told: true };
  } catch {
    return undefined;
  }
}
