import type { UserState } from '../../../orchestrator/model/mapping/state.js';
import type { Reply } from '../../../orchestrator/scenario/protocol.js';

/** What the kernel counts, as the agent reads it after a step with `counters: true`. */
interface Counted {
  readonly mthp?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** MTHP_STAT_NR_ANON of the orders that the kernel keeps statistics of, `/sys/kernel/mm/transparent_hugepage/hugepages-*kB/stats/nr_anon`. */
export function nrAnonOf(reply: Reply): ReadonlyMap<number, number> {
  // A reply has whatever the agent put into it.
  const { counters } = reply as Reply & { readonly counters?: Counted };
  return new Map(
    Object.entries(counters?.mthp ?? {}).flatMap(([order, { nr_anon: count }]) =>
      count === undefined ? [] : [[Number(order), count] as const],
    ),
  );
}

/**
 * Counters that are not as the model has them: folios of each order, and anonymous memory of a process, which must be what its page tables
 * map and never in swap (fork.c:check_mm() looks only when a process ends).
 * @param base nrAnonOf() before the sequence
 */
export function counterDifferences(
  user: UserState,
  base: ReadonlyMap<number, number>,
  reply: Reply,
): string[] {
  const out: string[] = [];
  for (const [order, count] of nrAnonOf(reply)) {
    const want = user.nrAnon(order);
    const have = count - (base.get(order) ?? 0);
    if (want !== have) out.push(`nr_anon of order ${order} ${want}, guest ${have}`);
  }
  const { rss } = reply;
  if (rss && rss.counted_kb !== rss.mapped_kb)
    out.push(`rss ${rss.counted_kb} kB, page tables map ${rss.mapped_kb} kB`);
  if (rss && rss.swap_kb !== 0) out.push(`${rss.swap_kb} kB in swap`);
  return out;
}
