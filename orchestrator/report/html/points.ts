import type { RunRecord } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { fitInWords } from '../model-fit.js';
import { countsInWords, duration, pointName, pointTime, testsOf } from '../words.js';
import { verdictChip } from './verdicts.js';

const HEADS = ['point', 'verdict', 'patch', 'tests', 'kernel', 'time'];

/** The points of the series, one a row. */
export function pointsSection(run: RunRecord): Markup {
  const hasSeries = run.series !== undefined;
  const rows = run.points.map((point) => {
    const left =
      point.notCompiled.length === 0
        ? undefined
        : markup`<br><span class="warn">not compiled: ${point.notCompiled.join(', ')}</span>`;
    const fit = fitInWords(testsOf(run, point));
    const origin =
      point.inheritedFrom === undefined
        ? ''
        : `, same kernel as ${pointName(point.inheritedFrom, hasSeries)}`;
    const error = point.build.error === undefined ? undefined : markup`<br><code>${point.build.error}</code>`;
    return markup`<tr>
      <th scope="row">${pointName(point.index, hasSeries)}</th>
      <td>${verdictChip(point.verdict)}</td>
      <td><span class="subject">${point.subject}</span><br><span class="dim">${point.reason}</span>${left}${error}</td>
      <td>${countsInWords(testsOf(run, point))}${fit === undefined ? undefined : markup`<br><span class="dim">${fit}</span>`}</td>
      <td>${point.build.status}${origin}<br><code class="dim">${point.kernelSignature?.slice(0, 12) ?? ''}</code></td>
      <td class="num">${duration(pointTime(point))}</td>
    </tr> `;
  });
  return markup`<section id="points">
    <h2>${hasSeries ? 'Patch by patch' : 'The tree'}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Points">
      <table class="points">
        <thead><tr>${HEADS.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  </section>`;
}
