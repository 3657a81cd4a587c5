import type { RunRecord } from '../../store/records.js';
import type { Baseline } from '../../verdict/baseline.js';
import { besideBaseline } from '../baseline-text.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';

/** The base of the run, or the tree that was tested, beside what a kernel of its version gave; nothing where it has no results. */
export function baselineSection(run: RunRecord, baseline: Baseline): Markup | undefined {
  const [first, ...more] = besideBaseline(run, baseline);
  if (first === undefined) return undefined;
  const list =
    more.length === 0 ? undefined : markup`<ul>${more.map((line) => markup`<li>${line}</li> `)}</ul>`;
  return markup`<section id="baseline">
    <h2>Beside the baseline</h2>
    <p>${first}. It changes no verdict.</p>
    ${list}
  </section>`;
}
