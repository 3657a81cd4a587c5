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
  readonly against?: { readonly appeared: number; readonly gone: number; readonly still: number };
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
    const was = new Set(before.failing);
    const still = digest.failing.filter((id) => was.has(id)).length;
    return { digest, against: { appeared: digest.failing.length - still, gone: was.size - still, still } };
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
  const most = Math.max(1, ...rows.map(({ digest }) => digest.failing.length));
  const lines = rows.map(({ digest, against }) => {
    const { id, startedAt, series, base, verdict, failing, tests } = digest;
    const name = id === own.id ? markup`<b>this run</b>` : markup`<a href="../${id}/report.html">${id}</a>`;
    const change =
      against === undefined
        ? '–'
        : markup`<span class="bad">+${against.appeared} new</span>, <span class="good">−${against.gone} fixed</span>, ${against.still} still`;
    return markup`<tr${id === own.id ? markup` class="this"` : undefined}><th scope="row">${name}<br><span class="dim">${startedAt.slice(0, 16).replace('T', ' ')}</span></th>
      <td>${series === undefined ? 'the tree' : `v${series.version}`}<br><span class="dim">${base.describe}</span></td>
      <td><span class="v-${verdict}">${signFor(verdict)} ${verdict}</span></td>
      <td class="num">${failing.length} of ${tests}</td>
      <td><svg class="spark" viewBox="0 0 100 10" aria-hidden="true"><rect width="${Math.round((failing.length / most) * 100)}" height="10" /></svg></td>
      <td>${change}</td></tr> `;
  });
  return markup`<section id="trend">
    <h2>Earlier runs of the same ${own.series === undefined ? 'base' : 'series'}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Trend"><table>
      <thead><tr><th scope="col">run</th><th scope="col">what</th><th scope="col">verdict</th><th scope="col">failing at the end</th><th scope="col"><span class="hidden">share</span></th><th scope="col">against the run before</th></tr></thead>
      <tbody>${lines}</tbody></table></div>
  </section>`;
}

function signFor(verdict: string): string {
  return verdict === 'good' || verdict === 'bad' || verdict === 'skip' || verdict === 'infra'
    ? signOf(verdict)
    : '?';
}
