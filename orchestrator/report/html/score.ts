import type { Score, ScoreRow } from '../page-context.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';

/** How many deliberate faults of the kernel our suites see, and how many upstream's, of those that each was asked about. */
export function scoreSection({ rows, mutants }: Score): Markup | undefined {
  if (rows.length === 0) return undefined;
  const lines = rows.map(
    (row) =>
      markup`<tr><th scope="row">${row.name}<br><span class="dim">${row.subject}</span></th><td><code>${row.place}</code></td><td>${mark(row.ours)}</td><td>${mark(row.upstream)}</td><td>${row.expected ? '' : markup`<b class="bad">not as expected</b> `}<span class="dim">${row.by}</span></td><td><span class="num">${row.on}</span><span class="dim"><br>${SUITES[row.suites]}</span></td></tr> `,
  );
  return markup`<section id="score">
    <h2>Faults put in on purpose</h2>
    <dl class="facts"><dt>our suites</dt><dd>${seen(rows, 'ours')}</dd><dt>upstream's</dt><dd>${seen(rows, 'upstream')}</dd><dt>measured</dt><dd>${measured(rows, mutants)}</dd></dl>
    <details><summary>${rows.length === 1 ? '1 mutant' : `${rows.length} mutants`}</summary><div class="scroll" tabindex="0" role="region" aria-label="Mutants"><table><thead><tr><th scope="col">mutant</th><th scope="col">where</th><th scope="col">ours</th><th scope="col">upstream</th><th scope="col">seen by</th><th scope="col">measured</th></tr></thead><tbody>${lines}</tbody></table></div></details>
  </section>`;
}

/** What a row says of the suites that it was measured with. */
const SUITES: Readonly<Record<ScoreRow['suites'], string>> = {
  this: 'suites as now',
  earlier: 'earlier suites',
  unknown: 'suites not recorded',
};

/** Only a mutant that does harm can be missed, and only by who was asked. */
function seen(rows: readonly ScoreRow[], side: 'ours' | 'upstream'): Markup {
  const asked = rows.filter((row) => row.harmful && (row[side] === 'killed' || row[side] === 'survived'));
  const killed = asked.filter((row) => row[side] === 'killed').length;
  if (asked.length === 0) return markup`not asked`;
  return markup`see ${killed} of ${asked.length} <svg class="spark wide" viewBox="0 0 100 6" aria-hidden="true"><rect class="track" width="100" height="6" /><rect width="${Math.round((killed / asked.length) * 100)}" height="6" /></svg>`;
}

function measured(rows: readonly ScoreRow[], mutants: number): string {
  const days = rows.map(({ on }) => on).toSorted();
  const [first, last] = [days[0], days.at(-1)];
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`;
  const parts = (['this', 'earlier', 'unknown'] as const).flatMap((kind) => {
    const n = rows.filter((row) => row.suites === kind).length;
    return n === 0 ? [] : [`${n} with ${IN_WORDS[kind]}`];
  });
  return `${rows.length} of ${mutants} mutants, ${when}: ${parts.join(', ')}`;
}

const IN_WORDS: Readonly<Record<ScoreRow['suites'], string>> = {
  this: 'the suites as they are now',
  earlier: 'earlier versions of the suites',
  unknown: 'a version of the suites that was not recorded',
};

function mark(verdict: string): string {
  if (verdict === 'killed') return '✓ killed';
  if (verdict === 'survived') return '– survived';
  return verdict === 'not-run' ? 'not run' : verdict;
}
