import { grid, runsOf } from './grid.js';
import { make } from './start.js';

/** Steps that the strip has room for. */
const STEPS_MOST = 40;

/** `init order 9, page 0`: what a step did, without what it did it with. */
function inShort(words) {
  const name = words.split(' ')[0];
  const order = /\border: (\d+)/.exec(words);
  const page = /\b(?:pfn|page): (\d+)/.exec(words);
  const parts = [order === null ? '' : ` order ${order[1]}`, page === null ? '' : `, page ${page[1]}`];
  return `${name}${parts.join('')}`;
}

/** The guest after every step, small, in a row: the whole test at a glance, and a way to each step. */
export function film(reading, picture, steps, pick) {
  const frames = picture.f;
  const box = make('div', { class: 'film', role: 'group', 'aria-label': 'the guest after each step' });
  if (frames.length < 2 || frames.length > STEPS_MOST) return { box: '', mark() {} };
  const buttons = frames.map(({ s: step, q: silent }, i) => {
    const runs = runsOf(frames, i);
    const wrong = runs.filter((run) => run.wrong).reduce((sum, run) => sum + run.pages, 0);
    const item = [...steps].find((one) => Number(one.dataset.step) === step);
    const small = grid(reading, runs, picture, 'guest', '');
    small.setAttribute('class', 'grid small');
    small.setAttribute('aria-hidden', 'true');
    small.removeAttribute('role');
    for (const text of small.querySelectorAll('text, .cursor')) text.remove();
    const said = silent ? 'no answer' : wrong === 0 ? '' : `✗ ${wrong === 1 ? '1 page' : `${wrong} pages`}`;
    const button = make(
      'button',
      { type: 'button' },
      make('b', {}, String(step)),
      make('span', {}, inShort(item?.querySelector('code')?.textContent ?? '')),
      small,
      make('em', {}, said),
    );
    button.addEventListener('click', () => pick(i));
    return button;
  });
  box.append(...buttons);
  const mark = (frame) => {
    for (const [i, button] of buttons.entries()) button.setAttribute('aria-pressed', String(i === frame));
    const { offsetLeft, offsetWidth } = buttons[frame];
    box.scrollLeft = offsetLeft - box.offsetLeft - (box.clientWidth - offsetWidth) / 2;
  };
  return { box, mark };
}
