import type { RunRecord, SummaryEntry } from '../store/records.js';
import { scenarioOf } from './words.js';

/** Entries of a summary by the index of their point, in the order of the series. */
export function byPoint(entries: readonly SummaryEntry[]): [number, SummaryEntry[]][] {
  const groups = new Map<number, SummaryEntry[]>();
  for (const entry of entries) groups.set(entry.point, [...(groups.get(entry.point) ?? []), entry]);
  return [...groups].toSorted(([a], [b]) => a - b);
}

/** The first test of every scenario before the second of any, so that few lines show many sides. */
export function spread(entries: readonly SummaryEntry[]): SummaryEntry[] {
  const seen = new Map<string, number>();
  const ranked = entries.map((entry) => {
    const scenario = scenarioOf(entry.test);
    const rank = seen.get(scenario) ?? 0;
    seen.set(scenario, rank + 1);
    return { entry, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

/** `23 tests: mixed-order/A2 (20), mixed-order/S2, mixed-order/S5 (2)`. */
export function collapsed(entries: readonly SummaryEntry[]): string {
  const parts = byScenario(entries.map(({ test }) => test));
  return `${entries.length === 1 ? '1 test' : `${entries.length} tests`}: ${parts}`;
}

/** `mixed-order/A2 (20), mixed-order/S2`. */
export function byScenario(ids: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(scenarioOf(id), (counts.get(scenarioOf(id)) ?? 0) + 1);
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} (${n})`)).join(', ');
}

/** Tests that were skipped, by reason: what cannot run here rarely depends on the case. */
export function skippedByReason(run: RunRecord): ReadonlyMap<string, ReadonlySet<string>> {
  const skips = new Map<string, Set<string>>();
  for (const test of run.points.flatMap(({ tests }) => tests)) {
    if (test.verdict !== 'skip') continue;
    const why = test.reason ?? 'no reason given';
    skips.set(why, (skips.get(why) ?? new Set()).add(test.id));
  }
  return skips;
}

/** `skipped mixed-order/A2 and 3 more: no reserved memory`. */
export function skipInWords(why: string, ids: ReadonlySet<string>): string {
  const [first = ''] = ids;
  const more = ids.size > 1 ? ` and ${ids.size - 1} more` : '';
  return `skipped ${scenarioOf(first)}${more}: ${why}`;
}
