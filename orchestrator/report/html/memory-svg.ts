import type { Role } from '../../model/roles.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { columnsOf } from './picture.js';
import type { Frame, PageRun } from './picture.js';

/** What stands in a cell, so that colours are not needed to read it. */
export const LETTERS: Readonly<Record<Role, string>> = {
  fresh: '',
  order0: '0',
  head: 'H',
  tail1: '1',
  tail2: '2',
  tail: '',
};

/** Letters of one picture that do not move; a script can draw them all. */
const LETTERS_MOST = 256;

export type Side = 'guest' | 'model';

/** One side of a frame as a drawing, a cell a page. */
export function gridSvg(frame: Frame, pages: number, side: Side, label: string): Markup {
  const columns = columnsOf(pages);
  const rows = Math.ceil(pages / columns);
  const kinds = new Map<string, string>();
  const add = (kind: string, path: string): void => void kinds.set(kind, (kinds.get(kind) ?? '') + path);
  for (const run of frame.runs) {
    const shape = path(run, columns);
    add(`r-${side === 'guest' ? run.reads : run.role} ${run.life}`, shape);
    if (run.life === 'dead') add('hatch', shape);
    if (run.wrong && side === 'guest') add('wrong', shape);
  }
  const drawn = (kind: string): Markup | undefined =>
    kinds.has(kind) ? markup`<path class="${kind}" d="${kinds.get(kind)}" />` : undefined;
  const marks = ['hatch', 'wrong'];
  const shapes = [...kinds.keys()].filter((kind) => !marks.includes(kind)).map(drawn);
  return markup`<svg class="grid" viewBox="0 0 ${columns} ${rows}" role="img" aria-label="${label}">${shapes}${drawn('hatch')}<rect class="lines" width="${columns}" height="${rows}" />${drawn('wrong')}${letters(frame.runs, columns, side)}</svg>`;
}

/** The outline of a run, row by row. */
function path({ page, pages }: PageRun, columns: number): string {
  let d = '';
  for (let at = page; at < page + pages;) {
    const x = at % columns;
    const width = Math.min(columns - x, page + pages - at);
    d += `M${x} ${Math.floor(at / columns)}h${width}v1h-${width}z`;
    at += width;
  }
  return d;
}

function letters(runs: readonly PageRun[], columns: number, side: Side): Markup[] {
  const rows = new Map<number, { x: string[]; text: string }>();
  let left = LETTERS_MOST;
  for (const run of runs) {
    const letter = LETTERS[side === 'guest' ? run.reads : run.role];
    if (letter === '') continue;
    for (let page = run.page; page < run.page + run.pages && left > 0; page++, left--) {
      const row = rows.get(Math.floor(page / columns)) ?? { x: [], text: '' };
      row.x.push(String((page % columns) + 0.5));
      row.text += letter;
      rows.set(Math.floor(page / columns), row);
    }
  }
  return [...rows].map(([y, { x, text }]) => markup`<text x="${x.join(' ')}" y="${y + 0.76}">${text}</text>`);
}

/** Patterns that all drawings of the page share. */
export function sharedDefs(): Markup {
  return markup`<svg class="defs" width="0" height="0" aria-hidden="true">
    <defs>
      <pattern id="lines" width="1" height="1" patternUnits="userSpaceOnUse">
        <path class="line" d="M0 0H1M0 0V1" />
      </pattern>
      <pattern id="hatch" width="0.5" height="0.5" patternUnits="userSpaceOnUse">
        <path class="stripe" d="M0 0.5L0.5 0" />
      </pattern>
      <pattern id="cross" width="1" height="1" patternUnits="userSpaceOnUse">
        <path class="crossing" d="M0.5 0H1V0.5Z" />
      </pattern>
    </defs>
  </svg>`;
}
