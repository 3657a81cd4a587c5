import type { Deviation } from '../store/records.js';
import type { MapRun, Reply } from './protocol.js';
import type { StepExpectation } from './schema.js';

/** What a reply says of the swap area; absent while swap is off. */
type Swap = Reply['swap'];

/** Slots that page tables name, in all mappings of all processes: a slot that several share is one. */
export function slotsNamed(all: Iterable<readonly MapRun[]>): number {
  const slots = new Set<number>();
  for (const runs of all)
    for (const { slot, n } of runs)
      for (let index = 0; slot !== undefined && index < n; index += 1) slots.add(slot + index);
  return slots.size;
}

/**
 * The slots of the swap area: page tables name them, or a folio in the swap cache has them, and each is charged. Where nothing is
 * mapped none is left.
 * @param named slots that page tables name
 * @param mapped whether anything is mapped
 */
export function checkSlots(step: number, swap: Swap, named: number, mapped: boolean): Deviation[] {
  if (!swap) return named === 0 ? [] : [wrongSlots(step, 'none, swap is off', named, 'counter')];
  const { used, cached = 0, charged } = swap;
  const found: Deviation[] = [];
  const most = mapped ? named + cached : 0;
  if (used > most) found.push(wrongSlots(step, slots(named, most), used, 'leak'));
  if (used < named) found.push(wrongSlots(step, slots(named, most), used, 'counter'));
  if (!mapped && cached > 0)
    found.push({ ...wrongSlots(step, 'none, nothing is mapped', cached, 'leak'), field: CACHED });
  if (charged !== undefined && charged !== used)
    found.push({ ...wrongSlots(step, `${used}, those in use`, charged, 'counter'), field: CHARGED });
  return found;
}

const CACHED = 'pages in the swap cache';
const CHARGED = 'swap slots charged';

function slots(least: number, most: number): string {
  return least === most ? String(most) : `${least} to ${most}`;
}

function wrongSlots(step: number, expected: string, found: number, kind: 'leak' | 'counter'): Deviation {
  const story =
    'a slot is in use while a page table names it or a folio in the swap cache has it, and is freed once';
  return { kind, step, field: 'swap slots in use', expected, found: String(found), story };
}

/** What a step expects of swap beyond the rules. */
export function checkSwapExpectation(
  step: number,
  expect: StepExpectation | undefined,
  swap: Swap,
  seen: {
    /** Pages of the mapping that are swapped out. */
    readonly swapped: number;
    /** What was counted as restored when swap was switched on. */
    readonly before: number | undefined;
  },
): Deviation[] {
  const unlike = (field: string, expected: number | undefined, found: number): Deviation[] =>
    expected === undefined || expected === found
      ? []
      : [{ kind: 'counter', step, field, expected: String(expected), found: String(found) }];
  const restored = (swap?.restored ?? 0) - (seen.before ?? 0);
  return [
    ...unlike('pages in swap', expect?.swapped, seen.swapped),
    ...unlike(CACHED, expect?.cached, swap?.cached ?? 0),
    ...unlike('pages restored to the working set', expect?.restored, restored),
  ];
}
