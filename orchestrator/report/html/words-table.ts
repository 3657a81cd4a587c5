import type { Place } from '../../model/kernel.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import type { Patterns } from './patterns.js';
import { runAt } from './picture.js';
import type { Frame, PageRun } from './picture.js';
import { readPage } from './reading.js';
import type { ReadField } from './reading.js';

/** Roles as a reader has them. */
export const ROLE_WORDS = {
  fresh: 'fresh',
  order0: 'order-0 page',
  head: 'head',
  tail1: 'tail 1',
  tail2: 'tail 2',
  tail: 'tail',
} as const;

/** `page 1: order-0 page, freed`. */
export function pageInWords({ role, life, order, head, wrong, reads }: PageRun, page: number): string {
  const folio = order > 0 ? ` of the order-${order} folio at page ${head}` : '';
  const state =
    life === 'live' ? '' : life === 'free' ? ', freed' : ', freed, its head made into something else';
  const taken = reads === role ? '' : `, and read as ${ROLE_WORDS[reads]}`;
  return `page ${page}: ${ROLE_WORDS[role]}${role === 'fresh' ? '' : folio}${state}${wrong ? `, holds what it must not${taken}` : ''}`;
}

/** The words of one page in guest and model, with the fields of both readings; undefined for a page that is not shown. */
export function wordsTable(frame: Frame, page: number, place: Place, patterns: Patterns): Markup | undefined {
  const run = runAt(frame, page);
  if (run === undefined) return undefined;
  const guest = readPage(place, run.role, patterns.words(run.guest, page));
  const model = readPage(place, run.role, patterns.words(run.model, page));
  const other = run.before === run.role || run.before === 'fresh' ? undefined : run.before;
  const past = other && readPage(place, other, patterns.words(run.guest, page));
  const rows = guest.map((field, i) => {
    const expected = model[i] ?? field;
    const differs = expected.raw !== field.raw;
    return markup`<tr${differs ? markup` class="differs"` : undefined}>
      <td class="num">${field.byte}</td>
      <th scope="row">${field.name}</th>
      <td>${differs ? markup`<b>${field.value}</b>` : field.value}</td>
      ${differs ? markup`<td data-of="model">${expected.value}</td>` : markup`<td class="same">=</td>`}
      ${past && (differs ? markup`<td class="dim" data-of="before">${readings(past, field)}</td>` : markup`<td></td>`)}
    </tr> `;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="words of the page"><table class="words">
    <caption>${pageInWords(run, page)}</caption>
    <thead>
      <tr>
        <th scope="col">byte</th>
        <th scope="col">as ${ROLE_WORDS[run.role]}</th>
        <th scope="col">guest</th>
        <th scope="col">model</th>
        ${other && markup`<th scope="col">as ${ROLE_WORDS[other]}, before</th>`}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table></div>`;
}

/** The fields of another reading that lie in the bytes of a field. */
function readings(past: readonly ReadField[], { byte, width }: ReadField): string {
  return past
    .filter((one) => one.byte < byte + width && one.byte + one.width > byte)
    .map(({ name, value }) => `${name} ${value}`)
    .join('; ');
}

/** The page that a reader wants to see first: one that is wrong, else one that the step changed. */
export function firstPage({ runs }: Frame): number {
  return (runs.find(({ wrong }) => wrong) ?? runs.find(({ changed }) => changed) ?? runs[0])?.page ?? 0;
}
