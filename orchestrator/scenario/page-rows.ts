import type { PageRow } from '../store/records.js';
import { differingPages, PAGE_BYTES } from './chunk.js';

const WORDS = PAGE_BYTES / 4;
/** Rows of one step that the journal keeps: most steps have fewer than ten, one that scatters 512 pages has 512. */
const ROWS_KEPT = 128;

/** What a step changed, for the journal. */
export interface ChangedRows {
  readonly rows: readonly PageRow[];
  /** Changed pages that are in no row. */
  readonly leftOut: number;
}

interface Row {
  readonly page: number;
  pages: number;
  /** Numbers of the words that changed, and their values in the first page. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  last: readonly number[];
  steps: readonly number[] | undefined;
}

/**
 * The pages that differ between two states of the chunk, consecutive ones joined where the same words changed to the same
 * values, or to values that count up evenly, as an index does.
 */
export function changedRows(before: Uint8Array, after: Uint8Array): ChangedRows {
  const [was, is] = [wordsOf(before), wordsOf(after)];
  const rows: Row[] = [];
  for (const page of differingPages(before, after)) {
    const at = changedWords(was, is, page * WORDS);
    const values = at.map((word) => is[page * WORDS + word] as number);
    const open = rows.at(-1);
    if (open === undefined || !joins(open, page, at, values))
      rows.push({ page, pages: 1, at, values, last: values, steps: undefined });
  }
  const kept = rows.slice(0, ROWS_KEPT);
  const leftOut = rows.slice(ROWS_KEPT).reduce((sum, { pages }) => sum + pages, 0);
  return { rows: kept.map(toRecord), leftOut };
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function changedWords(was: Uint32Array, is: Uint32Array, from: number): number[] {
  const at: number[] = [];
  for (let word = 0; word < WORDS; word++) if (was[from + word] !== is[from + word]) at.push(word);
  return at;
}

/** Makes the row longer by one page where that goes on as the row does. */
function joins(row: Row, page: number, at: readonly number[], values: readonly number[]): boolean {
  if (page !== row.page + row.pages || at.length !== row.at.length) return false;
  if (at.some((word, i) => word !== row.at[i])) return false;
  const steps = values.map((value, i) => value - (row.last[i] as number));
  if (row.steps?.some((step, i) => step !== steps[i])) return false;
  row.steps = steps;
  row.last = values;
  row.pages++;
  return true;
}

function toRecord({ page, pages, at, values, steps }: Row): PageRow {
  const words = at.map((word, i): [string, [number] | [number, number]] => {
    const [value = 0, step = 0] = [values[i], steps?.[i]];
    return [String(word * 4), step === 0 ? [value] : [value, step]];
  });
  return { page, ...(pages === 1 ? {} : { pages }), words: Object.fromEntries(words) };
}

/**
 * Makes of `chunk`, in its place, what it is after a step whose rows the journal has.
 * @throws RangeError for a row that is not in the chunk
 */
export function putRows(chunk: Uint8Array, rows: readonly PageRow[]): void {
  const words = new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.length / 4);
  for (const { page, pages = 1, words: changed } of rows) {
    if (page < 0 || (page + pages) * WORDS > words.length)
      throw new RangeError(`pages ${page} to ${page + pages - 1} are not in the chunk`);
    for (const [byte, [value, step = 0]] of Object.entries(changed)) {
      const at = page * WORDS + Number(byte) / 4;
      // A word keeps the low 32 bits.
      for (let i = 0; i < pages; i++) words[at + i * WORDS] = value + i * step;
    }
  }
}
