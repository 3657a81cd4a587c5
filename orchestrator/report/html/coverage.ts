import type { CoverageRecord, CoverageSide } from '../../store/coverage-record.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';

/** Which transitions of a page between roles were seen in guests, of those that can be made. */
export function coverageSection(map: CoverageRecord): Markup {
  const { from, to, ours, upstream, transitions } = map;
  const byName = new Map(transitions.map((one) => [`${one.from}→${one.to}`, one]));
  const most = Math.max(1, ...transitions.map(({ ours: seen }) => seen?.pages ?? 0));
  const heads = to.map((role) => markup`<th scope="col"><span>${role}</span></th>`);
  const rows = from.map((role) => {
    const cells = to.map((next) => {
      const one = byName.get(`${role}→${next}`);
      if (one === undefined) return markup`<td class="never">·</td>`;
      const shade =
        one.ours === undefined
          ? 0
          : Math.max(1, Math.ceil((Math.log(one.ours.pages + 1) / Math.log(most + 1)) * 5));
      const both = one.upstream === undefined ? '' : '+';
      const title = `${role} to ${next}: ${one.ours === undefined ? 'not seen' : `${one.ours.pages} pages${one.ours.test === undefined ? '' : `, first in ${one.ours.test}`}`}${one.upstream === undefined ? '' : `; upstream ${one.upstream.pages}`}`;
      return markup`<td class="h${shade}" title="${title}">${one.ours === undefined ? '0' : short(one.ours.pages)}${both}</td>`;
    });
    return markup`<tr><th scope="row">${role}</th>${cells}</tr> `;
  });
  const seenBy = (side: 'ours' | 'upstream'): number =>
    transitions.filter((one) => one[side] !== undefined).length;
  const line = (side: CoverageSide | undefined, n: number): string =>
    side === undefined
      ? ''
      : `${side.name}: ${n} of ${transitions.length}, ${side.tests} tests on ${side.base} (${side.at.slice(0, 10)})`;
  return markup`<section id="coverage">
    <h2>Transitions of a page that guests have shown</h2>
    <p>${[line(ours, seenBy('ours')), line(upstream, seenBy('upstream'))].filter((part) => part !== '').join('; ')}.</p>
    <p class="legend dim">Row: what the page was; column: what it was made. A number counts pages, 0 was never seen, · cannot be made, + was seen by upstream's tests too. tail/3..8 is the tail of a folio of order 3 to 8; “head re-made” and “head alive” say what had become of the head of a freed tail, and a piece is a page of a folio that was split.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Coverage"><table class="heat"><thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
  </section>`;
}

/** `950`, `12k`, `3M`. */
function short(n: number): string {
  if (n < 1000) return String(n);
  return n < 1_000_000 ? `${Math.round(n / 1000)}k` : `${Math.round(n / 1_000_000)}M`;
}
