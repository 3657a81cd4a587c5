import { MAIN_PROCESS } from '../model/mapping/operation.js';
import type { UserState } from '../model/mapping/state.js';
import { MTHP_STATS } from '../model/stats.js';
import type { Reply } from './protocol.js';

/** Counters of the kernel that no struct page holds, beside what the model of user memory says they are. */

type Charge = NonNullable<Reply['charge']>;
type Counters = NonNullable<Reply['counters']>;

/** kB in a page. */
const PAGE_KB = 4;

function unlike(what: string, want: number, have: number): string[] {
  return want === have ? [] : [`${what} ${want}, guest ${have}`];
}

/**
 * Pages that the mappings of the steps are charged for, and those of them that are mapped, to the page.
 * The agent takes out what else the control group is charged for (docs/agent-protocol.md, "charge").
 */
export function chargeDifferences(user: UserState, charge: Charge): string[] {
  const { current, stock, kernel, file, sock, anon, own } = charge;
  return [
    ...unlike('pages charged', user.charged, current - stock - kernel - file - sock - own),
    ...unlike('NR_ANON_MAPPED', user.mapped, anon - own),
  ];
}

/** Counters by order of large folio since `before`, which was asked for while nothing was mapped. */
export function mthpDifferences(user: UserState, before: Counters, after: Counters): string[] {
  return Object.entries(after.mthp ?? {}).flatMap(([order, stats]) =>
    MTHP_STATS.flatMap((stat) => {
      const have = stats[stat];
      if (have === undefined) return [];
      const base = before.mthp?.[order]?.[stat] ?? 0;
      return unlike(`${stat} of order ${order}`, user.mthp(stat, Number(order)), have - base);
    }),
  );
}

/** What the driver counts: references of the page map, and pages in use, all of which a migration took. */
export function deviceDifferences(refs: number, counters: Counters): string[] {
  return [
    ...unlike('pgmap references', refs, counters.refs),
    ...unlike('pages in use', refs, counters.live ?? refs),
    ...unlike('pages that a migration took', refs, counters.migrated ?? refs),
  ];
}

/**
 * MM_ANONPAGES of a process, without what the agent has for itself: `maps` are the answers to `usermap` of all its
 * mappings.
 */
export function rssDifferences(user: UserState, process: string, maps: readonly Reply[]): string[] {
  const last = maps.at(-1)?.rss;
  if (!last) return [];
  const inMappings = maps.reduce((sum, { smaps_kb: sums }) => sum + (sums?.Anonymous ?? 0), 0);
  const name = process === MAIN_PROCESS ? '' : ` of ${process}`;
  return [
    ...unlike(
      `kB of MM_ANONPAGES${name}`,
      user.rss(process) * PAGE_KB,
      last.counted_kb - last.mapped_kb + inMappings,
    ),
    ...unlike(`kB of MM_SWAPENTS${name}`, 0, last.swap_kb),
  ];
}
