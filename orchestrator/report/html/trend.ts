import type { RunDigest } from '../digest.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { trendOf } from './trend-rows.js';
import type { Against } from './trend-rows.js';
import { signOf } from './verdicts.js';

/** What became of the failures from run to run, v5 to v6 to v7. Nothing where there is no earlier run. */
export function trendSection(own: RunDigest, all: readonly RunDigest[]): Markup | undefined {
  const rows = trendOf(own, all);
  if (rows.length < 2) return undefined;
  const most = Math.max(
    1,
    ...rows.map(({ digest, against }) => digest.failing.length + (against?.gone.length ?? 0)),
  );
  const lines = rows.map(({ digest, against }) => {
    const { id, startedAt, series, base, verdict, failing, tests, complete } = digest;
    const name = id === own.id ? markup`<b>this run</b>` : markup`<a href="../${id}/report.html">${id}</a>`;
    return markup`<tr${id === own.id ? markup` class="this"` : undefined}><th scope="row">${name}<br><span class="dim">${startedAt.slice(0, 16).replace('T', ' ')}</span></th>
      <td>${series === undefined ? 'the tree' : `v${series.version}`}<span class="dim base"><br>${base.describe}</span></td>
      <td><span class="v-${verdict}">${signFor(verdict)} ${verdict}</span></td>
      <td class="num">${failing.length === 0 ? 'none' : failing.length} of ${tests}</td>
      <td class="share">${share(failing.length, against, most)}</td>
      <td>${complete === false ? 'not tested to its end' : change(against)}</td></tr> `;
  });
  return markup`<section id="trend">
    <h2>Earlier runs of the same ${own.series === undefined ? 'base' : 'series'}</h2>
    <p class="legend dim">A bar is what fails: what failed before, then what is new or fails otherwise; the outline after it is what was fixed.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Trend"><table class="trend">
      <thead><tr><th scope="col">run</th><th scope="col">what</th><th scope="col">verdict</th><th scope="col">failing at the end</th><th scope="col"><span class="hidden">share</span></th><th scope="col">beside the run before</th></tr></thead>
      <tbody>${lines}</tbody></table></div>
  </section>`;
}

function share(failing: number, against: Against | undefined, most: number): Markup {
  const x = (n: number): number => Math.round((n / most) * 100);
  const [fresh, gone] = [against === undefined ? 0 : newIn(against), against?.gone.length ?? 0];
  const part = (kind: string, from: number, n: number): Markup | undefined =>
    n === 0
      ? undefined
      : markup`<rect class="${kind}" x="${x(from)}" y="1" width="${Math.max(1, x(from + n) - x(from))}" height="8" />`;
  return markup`<svg class="spark" viewBox="0 0 101 10" aria-hidden="true">${part('still', 0, failing - fresh)}${part('new', failing - fresh, fresh)}${part('gone', failing, gone)}</svg>`;
}

/** Failures that the run before did not have, be it in a test that failed otherwise. */
function newIn({ appeared, otherwise }: Against): number {
  return appeared.length + otherwise.length;
}

/** Names that are told of what is new and what is gone. */
const NAMES_MOST = 40;

function change(against: Against | undefined): Markup {
  if (against === undefined) return markup`–`;
  const { appeared, otherwise, gone, notRun, still } = against;
  const parts = [
    ...(appeared.length === 0 ? [] : [markup`<span class="bad">+${appeared.length} new</span>`]),
    ...(otherwise.length === 0 ? [] : [markup`<span class="bad">${otherwise.length} otherwise</span>`]),
    ...(gone.length === 0 ? [] : [markup`<span class="good">−${gone.length} fixed</span>`]),
    ...(still === 0 ? [] : [markup`${still} still`]),
    ...(notRun.length === 0 ? [] : [markup`${notRun.length} skipped now`]),
  ];
  if (parts.length === 0) return markup`as before`;
  const words = parts.flatMap((part, i) => (i === 0 ? [part] : [', ', part]));
  if (newIn(against) + gone.length === 0) return markup`${words}`;
  return markup`${words}<details><summary>which</summary>${named('new', appeared)}${named('fail otherwise', otherwise)}${named('fixed', gone)}</details>`;
}

function named(word: string, ids: readonly string[]): Markup | undefined {
  if (ids.length === 0) return undefined;
  const more = ids.length > NAMES_MOST ? `, and ${ids.length - NAMES_MOST} more` : '';
  return markup`<p>${word}: ${ids.slice(0, NAMES_MOST).join(', ')}${more}</p>`;
}

function signFor(verdict: string): string {
  return verdict === 'good' || verdict === 'bad' || verdict === 'skip' || verdict === 'infra'
    ? signOf(verdict)
    : '?';
}
