import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import type { ReadableGuest } from './guests.js';
import type { ChunkPool } from './chunk-pool.js';
import { firstShown, pictureData } from './memory-data.js';
import { gridSvg } from './memory-svg.js';
import type { Patterns } from './patterns.js';
import { pictureOf } from './picture.js';
import { replay } from './replay.js';
import type { Told } from './choose.js';
import type { StepEvent } from '../attempts.js';
import { firstPage, wordsTable } from './words-table.js';

/** A picture in the page: what stands there without a script, and what the script takes. */
export interface Shown {
  readonly markup: Markup;
  readonly data: unknown;
  /** Characters of both. */
  readonly size: number;
}

/** What the pictures of a page have in common. */
export interface Drawing {
  readonly patterns: Patterns;
  readonly chunks: ChunkPool;
  /** Number of the guest's way of reading struct pages. */
  readonly reading: number;
}

/**
 * The picture of memory of one test; undefined where its steps are not known.
 * @param still draw the frame with the failure, so that it can be seen without a script
 */
export function memoryOf(
  { test }: Told,
  steps: readonly StepEvent[],
  guest: ReadableGuest,
  page: Drawing,
  still: boolean,
): Shown | undefined {
  const { patterns, chunks, reading } = page;
  chunks.reuse();
  const played = replay(steps, test, guest, chunks);
  const picture = played && pictureOf(played, guest.place, patterns, markedPages(test.deviations));
  const frame = picture && firstShown(picture);
  if (picture === undefined || frame === undefined) return undefined;
  const { source, ends, pages } = picture;
  const where =
    source.kind === 'guest'
      ? 'the struct pages that the guest sent after each step'
      : `the struct pages as variant ${source.variant} has them, which foretold every step`;
  const note = ends === undefined ? '' : `; ${ends}`;
  const grids = still
    ? markup`<div class="grids">
        <div><p>guest, step ${frame.step}</p>${gridSvg(frame, pages, 'guest', `pages of the guest after step ${frame.step}`)}</div>
        <div><p>model, step ${frame.step}</p>${gridSvg(frame, pages, 'model', `pages of the model after step ${frame.step}`)}</div>
      </div>
      <div class="readout">${wordsTable(frame, firstPage(frame), guest.place, patterns)}</div>`
    : markup`<p class="noscript dim">drawn by the script of this page</p>`;
  const caption = still
    ? `The picture of memory: ${where}, beside a kernel that leaves nothing behind${note}.`
    : `The picture of memory${source.kind === 'guest' ? '' : `, as variant ${source.variant} has it`}${note}`;
  const figure = markup`<figure class="memory"><figcaption>${caption}</figcaption>${grids}</figure>`;
  const data = { ...(pictureData(picture) as object), g: reading };
  return { markup: figure, data, size: figure.text.length + JSON.stringify(data).length };
}

/** Pages that deviations name, by step. */
function markedPages(deviations: Told['test']['deviations']): ReadonlyMap<number, ReadonlySet<number>> {
  const marked = new Map<number, Set<number>>();
  for (const { step, page, pages = 1 } of deviations) {
    if (page === undefined) continue;
    const all = marked.get(step) ?? new Set();
    for (let i = 0; i < pages; i++) all.add(page + i);
    marked.set(step, all);
  }
  return marked;
}
