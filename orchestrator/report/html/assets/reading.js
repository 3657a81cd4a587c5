import { data, make } from './start.js';

export const ROLE_WORDS = {
  fresh: 'fresh',
  order0: 'order-0 page',
  head: 'head',
  tail1: 'tail 1',
  tail2: 'tail 2',
  tail: 'tail',
};
const COUNTS = new Set([
  '_mapcount',
  '_refcount',
  '_large_mapcount',
  '_entire_mapcount',
  '_pincount',
  '_mm_id_mapcount[0]',
  '_mm_id_mapcount[1]',
  '_nr_pages',
]);

/** The 16 words of a page that has the contents of a pattern. */
function wordsOf(pattern, page) {
  return data.patterns[pattern].split(' ').map((hex) => {
    if (hex === '') return 0;
    return hex.startsWith('+') ? Number.parseInt(hex.slice(1), 16) + page : Number.parseInt(hex, 16);
  });
}

function flagsInWords(reading, role, raw) {
  const names = [];
  const first = reading.roles[role] === 'tail1' ? 8 : 0;
  if (first > 0 && (raw & 0xffn) !== 0n) names.push(`order ${raw & 0xffn}`);
  for (let bit = first; bit < 64; bit += 1) {
    const name = reading.flags[role][bit];
    if (((raw >> BigInt(bit)) & 1n) === 1n && !names.includes(name)) names.push(name);
  }
  return names.length === 0 ? '0' : names.join(', ');
}

function valueInWords(reading, role, name, width, raw) {
  if (name === 'flags') return flagsInWords(reading, role, raw);
  if (COUNTS.has(name)) return String(BigInt.asIntN(width * 8, raw));
  if (raw === 0n) return '0';
  const hex = `0x${raw.toString(16)}`;
  if (width !== 8) return hex;
  if (reading.names[hex] !== undefined) return reading.names[hex];
  const [memmap, pages] = reading.memmap;
  const offset = raw - BigInt(memmap);
  if (offset >= 0n && offset < BigInt(pages) * 64n)
    return `&page[${offset / 64n}]+0x${(offset % 64n).toString(16)}`;
  return hex;
}

/** Every field of a page as a page of that role has them. */
function readPage(reading, role, words) {
  return reading.spans[role].map(([name, byte, width]) => {
    const low = BigInt(words[byte / 4]);
    const raw = width === 8 ? (BigInt(words[byte / 4 + 1]) << 32n) | low : low;
    return { name, byte, width, raw, value: valueInWords(reading, role, name, width, raw) };
  });
}

/** Names of what a page holds otherwise in the guest than in the model: fields, and of flags the bits. */
export function differing(reading, run, page) {
  const model = readPage(reading, run.role, wordsOf(run.model, page));
  return readPage(reading, run.role, wordsOf(run.guest, page)).flatMap(({ name, raw }, i) => {
    const bits = raw ^ model[i].raw;
    if (bits === 0n) return [];
    return name === 'flags' ? flagsInWords(reading, run.role, bits).split(', ') : [name];
  });
}

/** `page 1: order-0 page, holds what it must not, and read as tail 1`. */
function pageInWords(reading, run, page) {
  const name = (role) => ROLE_WORDS[reading.roles[role]];
  const fresh = reading.roles[run.role] === 'fresh';
  const folio = run.order > 0 && !fresh ? ` of the order-${run.order} folio at page ${run.head}` : '';
  const state = ['', ', freed', ', freed, its head made into something else'][run.life];
  const taken = run.reads === run.role ? '' : `, and read as ${name(run.reads)}`;
  return `page ${page}: ${name(run.role)}${folio}${state}${run.wrong ? `, holds what it must not${taken}` : ''}`;
}

/** The table of the words of one page: both readings, guest and model. */
export function wordsTable(reading, run, page) {
  const guest = readPage(reading, run.role, wordsOf(run.guest, page));
  const model = readPage(reading, run.role, wordsOf(run.model, page));
  const other = run.before !== run.role && reading.roles[run.before] !== 'fresh';
  const past = other ? readPage(reading, run.before, wordsOf(run.guest, page)) : [];
  const heads = ['byte', `as ${ROLE_WORDS[reading.roles[run.role]]}`, 'guest', 'model'];
  if (other) heads.push(`as ${ROLE_WORDS[reading.roles[run.before]]}, before`);
  const rows = guest.map((field, i) => {
    const differs = model[i].raw !== field.raw;
    const row = make('tr', differs ? { class: 'differs' } : {});
    row.append(
      make('td', { class: 'num' }, String(field.byte)),
      make('th', { scope: 'row' }, field.name),
      make('td', {}, differs ? make('b', {}, field.value) : field.value),
      differs ? make('td', { 'data-of': 'model' }, model[i].value) : make('td', { class: 'same' }, '='),
    );
    if (other) {
      const readings = past.filter(
        (one) => one.byte < field.byte + field.width && one.byte + one.width > field.byte,
      );
      const words = readings.map((one) => `${one.name} ${one.value}`).join('; ');
      row.append(differs ? make('td', { class: 'dim', 'data-of': 'before' }, words) : make('td'));
    }
    return row;
  });
  const table = make(
    'table',
    { class: 'words' },
    make('caption', {}, pageInWords(reading, run, page)),
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows),
  );
  return make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'words of the page' },
    table,
  );
}
