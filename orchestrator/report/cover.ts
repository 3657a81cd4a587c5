import type { Cover, CoverSet } from '../model/explore/cover.js';

function setLines({ start, depth, transitions, cases, atLeast, candidates }: CoverSet): string[] {
  const proof =
    atLeast === cases.length ? 'no smaller set does (branch and bound)' : `at least ${atLeast} are needed`;
  return [
    '',
    `${start === 'fresh' ? 'from fresh pages' : 'after the split of an order-9 folio at page 0, all pieces freed'}: ` +
      `${transitions} transitions by ${cases.length} sequences of up to ${depth} steps; ${proof}, of ${candidates} looked at`,
    ...cases.map(
      ({ steps, covers }, i) =>
        `  ${String(i + 1).padStart(3)}. ${steps
          .map(({ pfn, order }) => (order === undefined ? `free ${pfn}` : `init ${order}@${pfn}`))
          .join(', ')} (${covers.length})`,
    ),
  ];
}

/** The covering set as text for people; newline at the end. */
export function coverText({ reachable, unreachable, bySplit, sets }: Cover): string {
  const reasons = new Map<string, string[]>();
  for (const { transition, why } of unreachable) reasons.set(why, [...(reasons.get(why) ?? []), transition]);
  const lines = [
    `transitions of a page, role by role and order class: ${reachable.length} can be made, ${unreachable.length} cannot`,
    ...[...reasons].map(([why, all]) => `  ${all.length} cannot, ${why}; for example ${all[0] ?? ''}`),
    `  ${bySplit.length} are made by every split: ${bySplit.join(', ')}`,
    ...sets.flatMap(setLines),
  ];
  return `${lines.join('\n')}\n`;
}
