import { draw } from './start.js';

export const LETTERS = { fresh: '', order0: '0', head: 'H', tail1: '1', tail2: '2', tail: '' };
export const LIVES = ['live', 'free', 'dead'];

/** Runs of a frame as the data has them: see memory-data.ts. */
export function runsOf(frames, index) {
  let at = index;
  while (frames[at].r === undefined) at -= 1;
  let page = 0;
  return frames[at].r.map(([pages, role, life, order, head, before, marks, guest, model = guest]) => {
    const reads = marks >> 2 === 0 ? role : (marks >> 2) - 1;
    const run = {
      page,
      pages,
      role,
      life,
      order,
      head,
      before,
      reads,
      guest,
      model,
      wrong: (marks & 1) === 1,
    };
    page += pages;
    return run;
  });
}

/** The outline of a run, row by row. */
export function outline({ page, pages }, columns) {
  let d = '';
  for (let at = page; at < page + pages;) {
    const x = at % columns;
    const width = Math.min(columns - x, page + pages - at);
    d += `M${x} ${Math.floor(at / columns)}h${width}v1h-${width}z`;
    at += width;
  }
  return d;
}

/** One side of a frame, a cell a page. */
export function grid(reading, runs, picture, side, label) {
  const rows = Math.ceil(picture.n / picture.c);
  const svg = draw('svg', {
    class: 'grid',
    viewBox: `0 0 ${picture.c} ${rows}`,
    role: 'img',
    'aria-label': label,
  });
  const late = [];
  const texts = new Map();
  for (const run of runs) {
    const role = reading.roles[side === 'guest' ? run.reads : run.role];
    const d = outline(run, picture.c);
    svg.append(draw('path', { class: `r-${role} ${LIVES[run.life]}`, d }));
    if (LIVES[run.life] === 'dead') svg.append(draw('path', { class: 'hatch', d }));
    if (run.wrong && side === 'guest') late.push(draw('path', { class: 'wrong', d }));
    if (LETTERS[role] === '') continue;
    for (let page = run.page; page < run.page + run.pages; page += 1) {
      const y = Math.floor(page / picture.c);
      const row = texts.get(y) ?? { x: [], text: '' };
      row.x.push((page % picture.c) + 0.5);
      row.text += LETTERS[role];
      texts.set(y, row);
    }
  }
  svg.append(draw('rect', { class: 'lines', width: picture.c, height: rows }), ...late);
  for (const [y, row] of texts) svg.append(draw('text', { x: row.x.join(' '), y: y + 0.76 }, row.text));
  svg.append(draw('path', { class: 'cursor', d: '' }));
  return svg;
}
