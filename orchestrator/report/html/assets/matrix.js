import { make } from './start.js';

/** Filter of the matrix by text, kind and change. */
function filterMatrix(section) {
  const table = section.querySelector('table');
  if (table === null) return;
  const { kinds, changed, rows } = section.dataset;
  const text = make('input', {
    type: 'search',
    id: 'filter-text',
    placeholder: 'S2, 9@0, hmm …',
    autocomplete: 'off',
  });
  const kind = make('select', { id: 'filter-kind' }, make('option', { value: '' }, 'every kind'));
  for (const name of kinds.split(' ').filter((one) => one !== ''))
    kind.append(make('option', { value: name }, name));
  const only = make('input', { type: 'checkbox', id: 'filter-changed' });
  only.checked = Number(changed) > 0;
  const count = make('output', { for: 'filter-text filter-kind filter-changed', class: 'dim' });
  const controls = make(
    'div',
    { class: 'controls', role: 'search', 'aria-label': 'Filter of the tests' },
    make('label', { for: 'filter-text' }, 'test', text),
    make('label', { for: 'filter-kind' }, 'fails with', kind),
    make('label', { for: 'filter-changed' }, only, 'only changed'),
    count,
  );
  section.querySelector('.scroll').before(controls);

  const groups = [...table.tBodies].map((body) => ({
    body,
    lines: [...body.rows]
      .filter((row) => !row.classList.contains('g'))
      .map((row) => ({
        row,
        name: row.cells[0].textContent.toLowerCase(),
        kinds: (row.dataset.k ?? '').split(' '),
        changed: row.classList.contains('c'),
      })),
  }));
  const apply = () => {
    const words = text.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    let shown = 0;
    for (const { body, lines } of groups) {
      let some = false;
      for (const line of lines) {
        const fits =
          words.every((word) => line.name.includes(word)) &&
          (kind.value === '' || line.kinds.includes(kind.value)) &&
          (!only.checked || line.changed);
        line.row.hidden = !fits;
        some ||= fits;
        if (fits) shown += 1;
      }
      body.hidden = !some;
    }
    count.value = `${shown} of ${rows} tests`;
  };
  for (const input of [text, kind, only]) input.addEventListener('input', apply);
  apply();
}

filterMatrix(document.getElementById('matrix'));
