import { closeUp } from './close-up.js';
import { film } from './film.js';
import { grid, LETTERS, runsOf } from './grid.js';
import { wordsTable } from './reading.js';
import { data, draw, make } from './start.js';

/** A sample of each kind of cell with its name, so that colour and sign can be told. */
function legend() {
  const sample = (role, life, marks, words) => {
    const svg = draw('svg', { class: 'grid', viewBox: '0 0 1 1', 'aria-hidden': 'true' });
    svg.append(draw('path', { class: `r-${role} ${life}`, d: 'M0 0h1v1h-1z' }));
    for (const mark of marks) svg.append(draw('path', { class: mark, d: 'M0 0h1v1h-1z' }));
    if (LETTERS[role] !== '') svg.append(draw('text', { x: 0.5, y: 0.76 }, LETTERS[role]));
    return make('li', {}, svg, words);
  };
  return make(
    'ul',
    { class: 'roles' },
    sample('head', 'live', [], 'head'),
    sample('tail1', 'live', [], 'tail 1'),
    sample('tail2', 'live', [], 'tail 2'),
    sample('tail', 'live', [], 'tail'),
    sample('order0', 'live', [], 'order-0 page'),
    sample('fresh', 'live', [], 'fresh'),
    sample('head', 'free', [], 'freed'),
    sample('tail', 'dead', ['hatch'], 'dead tail: its head is another folio now'),
    sample('order0', 'live', ['wrong'], 'holds what it must not'),
  );
}

/** Slider over the steps, guest and model side by side, and the words of the page that is chosen. */
function animate(story, picture) {
  const figure = story.querySelector('.memory');
  const reading = data.readings[picture.g];
  const frames = picture.f;
  const id = story.dataset.story;
  const steps = story.querySelectorAll('.steps li');
  const range = make('input', {
    type: 'range',
    id: `${id}-step`,
    min: '0',
    max: String(frames.length - 1),
    step: '1',
  });
  const back = make('button', { type: 'button', 'aria-label': 'step before' }, '◀');
  const on = make('button', { type: 'button', 'aria-label': 'next step' }, '▶');
  const said = make('output', { for: `${id}-step` });
  const slider = make('div', { class: 'slider' }, back, range, on, said);
  range.setAttribute('aria-label', 'step of the test');
  const grids = make('div', { class: 'grids' });
  const readout = make('div', { class: 'readout', 'aria-live': 'polite' });
  const hint = make(
    'p',
    { class: 'dim hint' },
    'Point at a page or tap it; with the keyboard: arrow keys in a picture.',
  );
  const near = make('div', { class: 'near', 'aria-hidden': 'true' });
  const strip = film(reading, picture, steps, (to) => go(to, false));
  for (const old of figure.querySelectorAll('.grids, .readout, .noscript')) old.remove();
  figure.append(strip.box, slider, grids, near, legend(), hint, readout);

  let frame = frames.length - 1;
  let runs = [];
  let page = 0;
  const runAt = (at) => runs.find((run) => at >= run.page && at < run.page + run.pages);
  const show = (at) => {
    page = Math.max(0, Math.min(picture.n - 1, at));
    const d = `M${(page % picture.c) - 0.25} ${Math.floor(page / picture.c) - 0.25}h1.5v1.5h-1.5z`;
    for (const cursor of grids.querySelectorAll('.cursor')) cursor.setAttribute('d', d);
    const run = runAt(page);
    if (run === undefined) return;
    near.replaceChildren(closeUp(reading, runAt, picture, page, show));
    readout.replaceChildren(wordsTable(reading, run, page));
  };
  const pageAt = (svg, event) => {
    const box = svg.getBoundingClientRect();
    const rows = Math.ceil(picture.n / picture.c);
    const x = Math.floor(((event.clientX - box.left) / box.width) * picture.c);
    const y = Math.floor(((event.clientY - box.top) / box.height) * rows);
    return x < 0 || y < 0 || x >= picture.c || y >= rows ? page : y * picture.c + x;
  };
  const side = (name) => {
    const words = `${name} after step ${frames[frame].s}`;
    const svg = grid(reading, runs, picture, name, `pages of the ${words}`);
    svg.addEventListener('pointermove', (event) => event.pointerType === 'mouse' && show(pageAt(svg, event)));
    svg.addEventListener('click', (event) => show(pageAt(svg, event)));
    const box = make(
      'div',
      { tabindex: '0', role: 'application', 'aria-label': `${words}, arrow keys choose a page` },
      svg,
    );
    box.addEventListener('keydown', (event) => {
      const way = {
        ArrowLeft: -1,
        ArrowRight: 1,
        ArrowUp: -picture.c,
        ArrowDown: picture.c,
        Home: -page,
        End: picture.n,
      }[event.key];
      if (way === undefined) return;
      event.preventDefault();
      show(page + way);
    });
    return make('div', {}, make('p', {}, name), box);
  };
  /** @param keep the page that is chosen stays chosen */
  const go = (to, keep) => {
    frame = Math.max(0, Math.min(frames.length - 1, to));
    const held =
      document.activeElement !== null && grids.contains(document.activeElement)
        ? document.activeElement.getAttribute('aria-label')
        : null;
    runs = runsOf(frames, frame);
    range.value = String(frame);
    strip.mark(frame);
    grids.replaceChildren(side('guest'), side('model'));
    if (held !== null) grids.querySelector(`[aria-label^="${held.split(' ')[0]}"]`)?.focus();
    const wrong = runs.filter((run) => run.wrong).reduce((sum, run) => sum + run.pages, 0);
    const { s: step, q: silent } = frames[frame];
    const item = [...steps].find((one) => Number(one.dataset.step) === step);
    const words = item?.querySelector('code')?.textContent ?? '';
    const found =
      wrong === 0
        ? ''
        : wrong === 1
          ? ', 1 page holds what it must not'
          : `, ${wrong} pages hold what they must not`;
    said.value = `step ${step}: ${words}${silent ? ', no answer: the pages are those of the step before' : found}`;
    for (const one of steps) {
      if (one === item) one.setAttribute('aria-current', 'step');
      else one.removeAttribute('aria-current');
    }
    back.disabled = frame === 0;
    on.disabled = frame === frames.length - 1;
    show(keep ? page : (runs.find((run) => run.wrong)?.page ?? 0));
  };
  range.addEventListener('input', () => go(Number(range.value), true));
  back.addEventListener('click', () => go(frame - 1, true));
  on.addEventListener('click', () => go(frame + 1, true));
  const last = frames.findLastIndex((_, i) => runsOf(frames, i).some((run) => run.wrong));
  go(last < 0 ? frames.length - 1 : last, false);
}

for (const story of document.querySelectorAll('.story')) {
  const picture = data.pictures[story.dataset.story];
  if (picture === undefined) continue;
  const begin = () => {
    if (!story.open || story.dataset.drawn !== undefined) return;
    story.dataset.drawn = '';
    animate(story, picture);
  };
  story.addEventListener('toggle', begin);
  begin();
}
