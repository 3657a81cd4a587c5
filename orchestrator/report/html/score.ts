import type { ScoreRow } from '../page-context.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';

/** How many deliberate faults of the kernel our suites see, and how many upstream's. */
export function scoreSection(rows: readonly ScoreRow[]): Markup | undefined {
  const harmful = rows.filter((row) => row.harmful);
  if (rows.length === 0) return undefined;
  const killed = (side: 'ours' | 'upstream'): number =>
    harmful.filter((row) => row[side] === 'killed').length;
  const bar = (n: number): Markup =>
    markup`<svg class="spark wide" viewBox="0 0 100 6" aria-hidden="true"><rect class="track" width="100" height="6" /><rect width="${harmful.length === 0 ? 0 : Math.round((n / harmful.length) * 100)}" height="6" /></svg>`;
  const lines = rows.map(
    (row) =>
      markup`<tr><th scope="row">${row.name}<br><span class="dim">${row.subject}</span></th><td><code>${row.place}</code></td><td>${mark(row.ours)}</td><td>${mark(row.upstream)}</td><td>${row.expected ? '' : markup`<b class="bad">not as expected</b> `}<span class="dim">${row.by}</span></td></tr> `,
  );
  return markup`<section id="score">
    <h2>Faults put in on purpose</h2>
    <dl class="facts"><dt>our suites</dt><dd>${bar(killed('ours'))} see ${killed('ours')} of ${harmful.length}</dd><dt>upstream's</dt><dd>${bar(killed('upstream'))} see ${killed('upstream')} of ${harmful.length}</dd></dl>
    <details><summary>${rows.length === 1 ? '1 mutant' : `${rows.length} mutants`}</summary><div class="scroll" tabindex="0" role="region" aria-label="Mutants"><table><thead><tr><th scope="col">mutant</th><th scope="col">where</th><th scope="col">ours</th><th scope="col">upstream</th><th scope="col">seen by</th></tr></thead><tbody>${lines}</tbody></table></div></details>
  </section>`;
}

function mark(verdict: string): string {
  return verdict === 'killed' ? '✓ killed' : verdict === 'survived' ? '– survived' : verdict;
}
