import { LETTERS, LIVES } from './grid.js';
import { differing, ROLE_WORDS } from './reading.js';
import { make } from './start.js';

const STATES = ['', 'freed ', 'dead '];

/** A page and its neighbours, as large as it takes to read them: the guest above, the model below. */
export function closeUp(reading, runAt, picture, chosen, show) {
  const narrow = innerWidth < 768;
  const count = Math.min(picture.n, narrow ? 4 : 8);
  const first = Math.max(0, Math.min(picture.n - count, chosen - (narrow ? 1 : 2)));
  const pages = Array.from({ length: count }, (_, i) => first + i);
  const row = (side) => {
    const cells = pages.map((page) => {
      const run = runAt(page);
      const bad = run.wrong && side === 'guest';
      const role = reading.roles[side === 'guest' ? run.reads : run.role];
      const names = bad ? differing(reading, run, page) : [];
      const cell = make(
        'div',
        {
          class: `cell r-${role} ${LIVES[run.life]}${bad ? ' wrong' : ''}${page === chosen ? ' chosen' : ''}`,
        },
        make('i', {}, `page ${page}`),
        make('b', {}, LETTERS[role]),
        make(
          'span',
          {},
          `${bad && run.reads !== run.role ? 'read as ' : STATES[run.life]}${ROLE_WORDS[role]}`,
        ),
        ...names.slice(0, 3).map((name) => make('em', {}, `✗\u00a0${name.replaceAll('_', '_\u200b')}`)),
      );
      cell.addEventListener('click', () => show(page));
      return cell;
    });
    return make(
      'div',
      { class: narrow ? 'row narrow' : 'row' },
      make('span', { class: 'side' }, side),
      ...cells,
    );
  };
  return make('div', {}, row('guest'), row('model'));
}
