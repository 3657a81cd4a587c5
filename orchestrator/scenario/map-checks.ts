import type { Deviation } from '../store/records.js';
import type { Look } from './look.js';
import { TEST_PROCESS, titleOf } from './mappings.js';
import type { Mapping } from './mappings.js';
import { ownerOf } from './page-maps.js';
import { placesExpected, placesLost, placesOf, placesReached } from './places.js';
import type { ReadyHello } from './protocol.js';
import { droppedIn } from './unruled.js';
import { checkSwapExpectation } from './swap-checks.js';
import { checkDevicePages, checkPlacement, checkPlaces } from './user-checks.js';
import type { UserFolio } from './user-memory.js';
import type { UserStep } from './user-step.js';

/** What all processes see after a step, and the folios that they are to see. */
export interface Mapped {
  readonly look: Look;
  /** The mapping that the step is about, in the process that acted. */
  readonly acting: Mapping | undefined;
  /** Device folios before the step. */
  readonly old: readonly UserFolio[];
  /** Device folios after it. */
  readonly folios: readonly UserFolio[];
  /** Pages that the step itself unmapped or protected. */
  readonly changed: ReadonlySet<number>;
  readonly hello: ReadyHello;
  /** Pages that had come back as ones of the working set when swap was switched on. */
  readonly restored: number | undefined;
}

/** Where the pages are, in every process that was looked at. */
export function checkMaps(
  { step, action, expect, reply }: UserStep,
  { look, acting, old, folios, changed, hello, restored }: Mapped,
): Deviation[] {
  const found: Deviation[] = [];
  let device = 0;
  let swapped = 0;
  for (const [mapping, runs] of look.runs) {
    const states = placesOf(runs);
    const mine = mapping === acting;
    const dropped =
      action.op === 'race' ? droppedIn(action.args, mapping) : mine ? changed : new Set<number>();
    const lost = placesLost(mapping, old, dropped, states);
    const coherent = old.filter(({ pfn }) => ownerOf(hello, pfn) === 'coherent');
    const own = mine ? placesReached(action, mapping, placesExpected(action, mapping, expect), coherent) : [];
    const expected = new Map([...lost, ...own]);
    found.push(...checkPlacement(step, mapping, folios, runs));
    found.push(...checkPlaces(step, titleOf(mapping), states, expected));
    if (!mine && (acting !== undefined || mapping.process !== TEST_PROCESS)) continue;
    device += states.filter((state) => state === 'device').length;
    swapped += states.filter((state) => state === 'swapped').length;
  }
  if (expect?.device !== undefined)
    found.push(...checkDevicePages(step, acting ? titleOf(acting) : 'all', expect.device, device));
  return [...found, ...checkSwapExpectation(step, expect, reply.swap, { swapped, before: restored })];
}
