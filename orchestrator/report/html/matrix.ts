import type { PointRecord, RunRecord, TestRecord, TestVerdict } from '../../store/records.js';
import { isBoot } from '../../verdict/point-tests.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { pointName, scenarioOf, testsOf } from '../words.js';
import { KIND_WORDS, signOf } from './verdicts.js';

/** Cells that the matrix may have; above that, rows in which nothing is wrong are only counted, and at last the others too. */
const CELLS_MOST = 12_000;

interface Column {
  readonly point: PointRecord;
  readonly tests: ReadonlyMap<string, TestRecord>;
}

interface Row {
  readonly id: string;
  readonly cells: readonly (TestRecord | undefined)[];
  /** Not the same at every point where it ran; in a run of one point: not plainly passed. */
  readonly changed: boolean;
  readonly plain: boolean;
}

/** Points × tests: cases of one scenario stand together, scenarios with something to see first. */
export function matrixSection(run: RunRecord, links: ReadonlyMap<string, string>): Markup {
  const columns = run.points.map((point) => ({
    point,
    tests: new Map(testsOf(run, point).map((test) => [test.id, test])),
  }));
  const ids = [...new Set(columns.flatMap(({ tests }) => [...tests.keys()]))];
  if (ids.length === 0)
    return markup`<section id="matrix"><h2>Points and tests</h2><p class="dim">No test has a result.</p></section>`;
  const all = ids.map((id) => rowOf(id, columns));
  const rows = withinBounds(all, columns.length);
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = isBoot(row.id) ? row.id : scenarioOf(row.id);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const sorted = [...groups].toSorted(([, one], [, other]) => interest(other) - interest(one));
  const kinds = [
    ...new Set(rows.flatMap(({ cells }) => cells.flatMap((test) => test?.kind ?? []))),
  ].toSorted();
  const hasSeries = run.series !== undefined;
  const heads = columns.map(
    ({ point }) =>
      markup`<th scope="col" title="${point.subject}">${pointName(point.index, hasSeries)}<br><span class="v-${point.verdict}" aria-label="${point.verdict}">${signOf(point.verdict)}</span></th>`,
  );
  const changed = rows.filter((row) => row.changed).length;
  return markup`<section id="matrix" data-kinds="${kinds.join(' ')}" data-changed="${changed}" data-rows="${rows.length}">
    <h2>${columns.length === 1 ? 'Tests' : 'Points and tests'}</h2>
    ${rows.length < all.length ? markup`<p>${all.length - rows.length} of ${all.length} tests are left out, to keep this file small: those that pass first. They are in run.json.</p>` : undefined}
    <p class="legend dim">✓ pass, ✗ fail with its kind, k known, t looked at and excused, ≈ flaky, – skipped, ! error of ours, · not run; grey: taken over from an earlier run. A failure is a link to its story.</p>
    <div class="scroll tall" tabindex="0" role="region" aria-label="Points and tests">
      <table class="matrix">
        <thead><tr><th scope="col">test</th>${heads}</tr></thead>
        ${sorted.map(([name, members]) => group(name, members, columns, links))}
      </table>
    </div>
  </section>`;
}

function withinBounds(rows: readonly Row[], columns: number): readonly Row[] {
  const most = Math.floor(CELLS_MOST / columns);
  if (rows.length <= most) return rows;
  return rows.filter(({ plain, changed }) => !plain || changed).slice(0, most);
}

const PLAIN: readonly TestVerdict[] = ['pass', 'known', 'skip'];

function rowOf(id: string, columns: readonly Column[]): Row {
  const cells = columns.map(({ tests }) => tests.get(id));
  const ran = cells.filter((test) => test !== undefined);
  const plain = ran.every(({ verdict }) => PLAIN.includes(verdict));
  const looks = new Set(ran.map(({ verdict, failureKey }) => `${verdict} ${failureKey ?? ''}`));
  return { id, cells, plain, changed: columns.length === 1 ? !plain : looks.size > 1 };
}

function interest(rows: readonly Row[]): number {
  return rows.some(({ changed }) => changed) ? 2 : rows.every(({ plain }) => plain) ? 0 : 1;
}

function group(
  name: string,
  rows: readonly Row[],
  columns: readonly Column[],
  links: ReadonlyMap<string, string>,
): Markup {
  const [only] = rows;
  const lines = rows
    .toSorted((one, other) => Number(one.plain) - Number(other.plain))
    .map((row) => line(row, columns, links));
  if (rows.length === 1 && only?.id === name) return markup`<tbody>${lines}</tbody> `;
  const sums = columns.map((_, i) => sum(rows.flatMap(({ cells }) => cells[i] ?? [])));
  return markup`<tbody><tr class="g"><th scope="rowgroup">${name} <span class="dim">${rows.length === 1 ? '1 case' : `${rows.length} cases`}</span></th>${sums}</tr>${lines}</tbody> `;
}

/** What a point has of a scenario: `✓ 24`, `✗ 12 ✓ 12`. */
function sum(tests: readonly TestRecord[]): Markup {
  const counts = new Map<TestVerdict, number>();
  for (const { verdict } of tests) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const shown = (['fail', 'error', 'flaky', 'known', 'pass', 'skip'] as const)
    .filter((verdict) => counts.has(verdict))
    .map((verdict) => markup`<span class="v-${verdict}">${signOf(verdict)} ${counts.get(verdict)}</span> `);
  return markup`<td>${shown.length === 0 ? '·' : shown}</td>`;
}

function line(
  { id, cells, changed, plain }: Row,
  columns: readonly Column[],
  links: ReadonlyMap<string, string>,
): Markup {
  const kinds = [...new Set(cells.flatMap((test) => test?.kind ?? []))].join(' ');
  const shown = cells.map((test, i) => cell(test, storyOf(id, cells, i, columns, links)));
  return markup`<tr${changed ? markup` class="c"` : plain ? markup` class="q"` : undefined}${kinds === '' ? undefined : markup` data-k="${kinds}"`}><th scope="row">${id}</th>${shown}</tr> `;
}

/** The story of a cell; a failure that was there before is told at the point that had it first. */
function storyOf(
  id: string,
  cells: Row['cells'],
  at: number,
  columns: readonly Column[],
  links: ReadonlyMap<string, string>,
): string | undefined {
  for (let i = at; i >= 0; i--) {
    const story = links.get(`${columns[i]?.point.index ?? 0} ${id}`);
    if (story !== undefined && cells[i]?.failureKey === cells[at]?.failureKey) return story;
    if (cells[at]?.failureKey === undefined) return undefined;
  }
  return undefined;
}

function cell(test: TestRecord | undefined, story: string | undefined): Markup {
  if (test === undefined) return markup`<td class="none">·</td>`;
  const { verdict, kind, reused, triaged } = test;
  const sign = triaged === undefined ? signOf(verdict) : 't';
  const word = kind === undefined || verdict === 'pass' ? sign : `${sign} ${KIND_WORDS[kind]}`;
  const text = story === undefined ? word : markup`<a href="#${story}">${word}</a>`;
  return markup`<td class="v-${triaged === undefined ? verdict : 'triaged'}${reused ? ' reused' : ''}">${text}</td>`;
}
