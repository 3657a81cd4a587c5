import { pagesNamed } from './mappings.js';
import type { Mapping } from './mappings.js';
import type { MapRun, UserPageState } from './protocol.js';
import { destinationsOf } from './request.js';
import type { Action, StepExpectation } from './schema.js';
import type { UserFolio } from './user-memory.js';

/** State of each page, from runs that cover the mapping in order. */
export function placesOf(runs: readonly MapRun[]): UserPageState[] {
  return runs.flatMap(({ n, state }) => Array.from({ length: n }, () => state));
}

/** Where the pages that a step is about must be after it, in the process that carries it out. */
export function placesExpected(
  action: Action,
  mapping: Mapping,
  expect: StepExpectation | undefined,
): Map<number, UserPageState> {
  const places = new Map<number, UserPageState>();
  const put = (pages: readonly number[], state: UserPageState): void => {
    for (const page of pages) if (!mapping.gone.has(page)) places.set(page, state);
  };
  // An access that ends in a signal ends anywhere.
  if (expect?.signal !== undefined) return places;
  switch (action.op) {
    case 'migrate':
      for (const { page, order } of destinationsOf(action.args.to)) {
        const pages = Array.from({ length: 2 ** order }, (_, index) => page + index);
        if (action.args.abort === true) put(pages, 'ram');
        else if (expect?.migrated === undefined) put(pages, 'device');
      }
      break;
    case 'touch':
      put(pagesNamed(action.args, mapping.pages), 'ram');
      break;
    case 'fill':
      put(pagesNamed(action.args, mapping.pages), 'ram');
      break;
    case 'exclusive':
      put(pagesNamed(action.args, mapping.pages), 'exclusive');
      break;
    case 'pin':
      put(pagesNamed(action.args, mapping.pages), 'ram');
      break;
    case 'mlock':
      if (action.args.onfault !== true) put(pagesNamed(action.args, mapping.pages), 'ram');
      break;
    case 'madvise':
      if (action.args.advice === 'populate_read') put(pagesNamed(action.args, mapping.pages), 'ram');
      break;
    case 'verify':
      put(pagesNamed({}, mapping.pages), 'ram');
      break;
    case 'dontneed':
      put(pagesNamed(action.args, mapping.pages), 'none');
      break;
    default:
      break;
  }
  return places;
}

/**
 * The places that a step leads to where some of the pages are coherent: a CPU that accesses those does it where they are. A
 * write to a page that processes share gives the writer one of its own, or not where it is the last that has it.
 * @param before coherent folios before the step
 */
export function placesReached(
  action: Action,
  mapping: Pick<Mapping, 'name' | 'process'>,
  places: ReadonlyMap<number, UserPageState>,
  before: readonly UserFolio[],
): Map<number, UserPageState> {
  const reached = new Map(places);
  // A long-term pin takes them away from the device (mm/gup.c:collect_longterm_unpinnable_folios()).
  if (action.op === 'pin') return reached;
  const writes = action.op === 'fill' || (action.op === 'touch' && action.args.write === true);
  for (const { mapping: name, mapped } of before) {
    if (name !== mapping.name) continue;
    for (const page of mapped.get(mapping.process)?.pages ?? []) {
      if (reached.get(page) !== 'ram') continue;
      if (writes && mapped.size > 1) reached.delete(page);
      else reached.set(page, 'device');
    }
  }
  return reached;
}

/**
 * Pages of a mapping that were on the device before a step, that it did not unmap or drop, and that are nowhere after it:
 * they must be in system memory.
 * @param before device folios before the step
 * @param dropped pages of this mapping that the step unmaps or drops
 */
export function placesLost(
  mapping: Pick<Mapping, 'name' | 'process'>,
  before: readonly UserFolio[],
  dropped: ReadonlySet<number>,
  states: readonly UserPageState[],
): Map<number, UserPageState> {
  const places = new Map<number, UserPageState>();
  for (const folio of before.filter((one) => one.mapping === mapping.name))
    for (const page of folio.mapped.get(mapping.process)?.pages ?? [])
      if (states[page] === 'none' && !dropped.has(page)) places.set(page, 'ram');
  return places;
}
