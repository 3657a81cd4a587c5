import type { RunDigest } from '../digest.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { signOf } from './verdicts.js';

/** Earlier runs that are listed. */
const SHOWN = 12;

/** A run beside the one before it. */
export interface TrendRow {
  readonly digest: RunDigest;
  /** Tests that fail now and did not before, do not fail any more, and fail in both; absent for the first. */
  readonly against?: {
    readonly appeared: readonly string[];
    readonly gone: readonly string[];
    readonly still: number;
  };
}

/** Runs of the same series, whatever its version, or of the same base where there is none; oldest first, this one last. */
export function trendOf(own: RunDigest, all: readonly RunDigest[]): readonly TrendRow[] {
  const earlier = all
    .filter((one) => one.id !== own.id && one.startedAt < own.startedAt && akin(one, own))
    .toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  const row = [...earlier, own].slice(-SHOWN);
  return row.map((digest, i) => {
    const before = row[i - 1];
    if (before === undefined) return { digest };
    const [was, is] = [new Set(before.failing), new Set(digest.failing)];
    const appeared = digest.failing.filter((id) => !was.has(id));
    const gone = before.failing.filter((id) => !is.has(id));
    return { digest, against: { appeared, gone, still: is.size - appeared.length } };
  });
}

function akin(one: RunDigest, own: RunDigest): boolean {
  if (one.profiles.join() !== own.profiles.join()) return false;
  if (own.series !== undefined) return one.series?.title === own.series.title;
  return one.series === undefined && one.base.commit === own.base.commit;
}

/** What became of the failures from run to run, v5 to v6 to v7. Nothing where there is no earlier run. */
export function trendSection(own: RunDigest, all: readonly RunDigest[]): Markup | undefined {
  const rows = trendOf(own, all);
  if (rows.length < 2) return undefined;
  const most = Math.max(
    1,
    ...rows.map(({ digest, against }) => digest.failing.length + (against?.gone.length ?? 0)),
  );
  const lines = rows.map(({ digest, against }) => {
    const { id, startedAt, series, base, verdict, failing, tests } = digest;
    const name = id === own.id ? markup`<b>this run</b>` : markup`<a href="../${id}/report.html">${id}</a>`;
    return markup`<tr${id === own.id ? markup` class="this"` : undefined}><th scope="row">${name}<br><span class="dim">${startedAt.slice(0, 16).replace('T', ' ')}</span></th>
      <td>${series === undefined ? 'the tree' : `v${series.version}`}<span class="dim base"><br>${base.describe}</span></td>
      <td><span class="v-${verdict}">${signFor(verdict)} ${verdict}</span></td>
      <td class="num">${failing.length === 0 ? 'none' : failing.length} of ${tests}</td>
      <td class="share">${share(failing.length, against, most)}</td>
      <td>${change(against)}</td></tr> `;
  });
  return markup`<section id="trend">
    <h2>Earlier runs of the same ${own.series === undefined ? 'base' : 'series'}</h2>
    <p class="legend dim">A bar is what fails: what failed before, then what is new; the outline after it is what was fixed.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Trend"><table class="trend">
      <thead><tr><th scope="col">run</th><th scope="col">what</th><th scope="col">verdict</th><th scope="col">failing at the end</th><th scope="col"><span class="hidden">share</span></th><th scope="col">beside the run before</th></tr></thead>
      <tbody>${lines}</tbody></table></div>
  </section>`;
}

function share(failing: number, against: TrendRow['against'], most: number): Markup {
  const x = (n: number): number => Math.round((n / most) * 100);
  const [appeared, gone] = [against?.appeared.length ?? 0, against?.gone.length ?? 0];
  const part = (kind: string, from: number, n: number): Markup | undefined =>
    n === 0
      ? undefined
      : markup`<rect class="${kind}" x="${x(from)}" y="1" width="${Math.max(1, x(from + n) - x(from))}" height="8" />`;
  return markup`<svg class="spark" viewBox="0 0 101 10" aria-hidden="true">${part('still', 0, failing - appeared)}${part('new', failing - appeared, appeared)}${part('gone', failing, gone)}</svg>`;
}

/** Names that are told of what is new and what is gone. */
const NAMES_MOST = 40;

function change(against: TrendRow['against']): Markup {
  if (against === undefined) return markup`–`;
  const { appeared, gone, still } = against;
  const parts = [
    ...(appeared.length === 0 ? [] : [markup`<span class="bad">+${appeared.length} new</span>`]),
    ...(gone.length === 0 ? [] : [markup`<span class="good">−${gone.length} fixed</span>`]),
    ...(still === 0 ? [] : [markup`${still} still`]),
  ];
  if (parts.length === 0) return markup`as before`;
  const words = parts.flatMap((part, i) => (i === 0 ? [part] : [', ', part]));
  if (appeared.length + gone.length === 0) return markup`${words}`;
  return markup`${words}<details><summary>which</summary>${named('new', appeared)}${named('fixed', gone)}</details>`;
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
