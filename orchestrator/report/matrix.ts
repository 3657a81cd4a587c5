import type { PointRecord, RunRecord, TestRecord, TestVerdict } from '../store/records.js';
import { isBoot } from '../verdict/point-tests.js';
import { markup } from './markup.js';
import type { Markup } from './markup.js';
import { pointName, scenarioOf, testsOf } from './words.js';

/** Worst first: what a cell of several tests shows. */
const WORST: readonly TestVerdict[] = ['fail', 'error', 'flaky', 'skip', 'known', 'pass'];

interface Column {
  readonly point: PointRecord;
  readonly tests: ReadonlyMap<string, TestRecord>;
}

/** The matrix of points and tests. Cases of one scenario share a row; those that differ from it are inside. */
export function matrix(run: RunRecord): Markup {
  const columns = run.points.map((point) => ({
    point,
    tests: new Map(testsOf(run, point).map((test) => [test.id, test])),
  }));
  const ids = [...new Set(columns.flatMap(({ tests }) => [...tests.keys()]))];
  const scenarios = new Map<string, string[]>();
  for (const id of ids) {
    const name = isBoot(id) ? id : scenarioOf(id);
    scenarios.set(name, [...(scenarios.get(name) ?? []), id]);
  }
  const heads = columns.map(
    ({ point }) =>
      markup`<th scope="col" title="${point.subject}">${pointName(point.index, run.series !== undefined)}</th>`,
  );
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">test</th>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${[...scenarios].map(([name, members]) => row(name, members, columns))}
      </tbody>
    </table>
  </div>`;
}

function row(name: string, ids: readonly string[], columns: readonly Column[]): Markup {
  const cells = columns.map(({ tests }) => cell(ids.flatMap((id) => tests.get(id) ?? [])));
  const cases = ids.filter((id) => id !== name && columns.some(({ tests }) => notPlain(tests.get(id))));
  if (cases.length === 0)
    return markup`<tr>
      <th scope="row">${name}</th>
      ${cells}
    </tr> `;
  const lines = cases.map((id) => {
    const verdicts = columns.map(({ point, tests }) => {
      const test = tests.get(id);
      const where = point.index === 0 ? 'base' : `${point.index}`;
      return test === undefined
        ? undefined
        : markup`${where}: <span class="${test.verdict}">${test.verdict}</span> `;
    });
    return markup`<li><code>${id}</code> ${verdicts}</li> `;
  });
  const others = ids.length - cases.length;
  const rest = others > 0 ? markup`<p class="dim">${others} more pass wherever they ran</p>` : undefined;
  return markup`<tr>
    <th scope="row">
      <details>
        <summary>${name}</summary>
        <ul>
          ${lines}
        </ul>
        ${rest}
      </details>
    </th>
    ${cells}
  </tr> `;
}

function notPlain(test: TestRecord | undefined): boolean {
  return test !== undefined && test.verdict !== 'pass' && test.verdict !== 'known';
}

function cell(tests: readonly TestRecord[]): Markup {
  const worst = WORST.find((verdict) => tests.some((test) => test.verdict === verdict));
  if (worst === undefined) return markup`<td class="dim">–</td>`;
  const n = tests.filter((test) => test.verdict === worst).length;
  const text = tests.length === 1 ? worst : `${worst} ${n}/${tests.length}`;
  return markup`<td class="${worst}">${text}</td>`;
}
