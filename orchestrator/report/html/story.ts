import type { Splat } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { testFitInWords } from '../model-fit.js';
import { pagesInWords } from '../played-case.js';
import type { StoryDeviation, StoryStep, TestStory } from '../test-story.js';
import { saidInWords } from '../triage-text.js';
import { deviationInWords } from '../words.js';
import { verdictChip } from './verdicts.js';

/** How much a story may tell. */
interface Measure {
  /** Deviations told in full; the others have a line, and after those a count. */
  readonly inFull: number;
  readonly lines: number;
  /** Lines of what the model says. */
  readonly model: number;
  /** Characters of a console or stack. */
  readonly text: number;
}

const LONG: Measure = { inFull: 3, lines: 12, model: 14, text: 3000 };
const SHORT: Measure = { inFull: 1, lines: 3, model: 2, text: 700 };

/** What a story consists of beside its words. */
export interface StoryParts {
  readonly id: string;
  readonly story: TestStory;
  readonly splats: readonly Splat[];
  /** Command that runs the test again. */
  readonly rerun: string;
  /** Command that tells it on a terminal, where the journal has its steps. */
  readonly explain?: string;
  /** The picture of memory, or why there is none. */
  readonly picture?: Markup;
  readonly open?: boolean;
  /** One that stands for others that failed alike. */
  readonly long: boolean;
}

/** One test: what was done, what was expected and found, what core-mm makes of it, and how to see it again. */
export function storyMarkup(parts: StoryParts): Markup {
  const { id, story, splats, picture, open } = parts;
  const { test } = story;
  const measure = parts.long ? LONG : SHORT;
  return markup`<details class="story" data-story="${id}"${open === true ? markup` open` : undefined}>
    <summary>${verdictChip(test.verdict, test.kind ?? test.verdict)} <code>${test.id}</code> <span class="dim">${firstLine(story)}</span></summary>
    <div class="told" id="${id}" tabindex="-1">
      ${test.reason === undefined ? undefined : markup`<p class="reason">${test.reason}</p>`}
      ${test.triaged === undefined ? undefined : markup`<p class="note">triaged as ${saidInWords(test.triaged)}</p>`}
      ${test.runs > 1 ? markup`<p class="dim">failed in ${test.matches} of ${test.runs} runs</p>` : undefined}
      ${steps(story)}
      ${picture}
      ${deviations(story, measure)}
      ${distinct(splats).map(([splat, times]) => splatMarkup(splat, times, measure))}
      ${modelWords(story, measure)}
      ${others(story, measure)}
      <h4>See it again</h4>
      <pre class="command" tabindex="0">${[parts.rerun, ...(parts.explain === undefined ? [] : [parts.explain])].join('\n')}</pre>
    </div>
  </details> `;
}

function firstLine({ deviations: all, splats, test }: TestStory): string {
  const one = all.find(({ deviation }) => deviation.known === undefined) ?? all[0];
  if (test.kind === 'splat' || test.kind === 'hang' || test.kind === 'boot' || one === undefined)
    return splats[0]?.title ?? test.failureKey ?? '';
  const { page, pages, field, expected, found } = one.deviation;
  const where = page === undefined ? '' : `${pagesInWords({ page, pages: pages ?? 1 })}: `;
  return `${where}${field} ${found}, expected ${expected}`;
}

function steps({ steps: all, noSteps, deviations: found, test }: TestStory): Markup {
  if (noSteps !== undefined) return markup`<p class="dim">${noSteps}</p>`;
  const last = all.at(-1)?.step;
  return markup`<h4>What was done</h4>
    <ol class="steps">${all.map((step) => stepItem(step, wrongAt(found, step), test.verdict === 'fail' && step.step === last))}</ol>`;
}

function wrongAt(found: readonly StoryDeviation[], { step }: StoryStep): number {
  return found.filter(({ deviation }) => deviation.step === step).length;
}

function stepItem({ step, words, reply }: StoryStep, wrong: number, last: boolean): Markup {
  const mark =
    wrong > 0 ? (wrong === 1 ? '1 deviation' : `${wrong} deviations`) : last ? 'the test ends here' : '';
  return markup`<li value="${step}" data-step="${step}"><code>${words}</code> <span class="dim">${reply}</span>${
    mark === '' ? undefined : markup` <span class="mark">✗ ${mark}</span>`
  }</li> `;
}

function deviations({ deviations: all }: TestStory, { inFull, lines: most }: Measure): Markup | undefined {
  if (all.length === 0) return undefined;
  const sorted = all.toSorted(
    (a, b) => Number(a.deviation.known !== undefined) - Number(b.deviation.known !== undefined),
  );
  const lines = sorted
    .slice(inFull, inFull + most)
    .map(
      ({ deviation }) =>
        markup`<li>${deviationInWords(deviation)}${deviation.known === undefined ? undefined : markup` <span class="warn">known: ${deviation.known}</span>`}</li> `,
    );
  const left = all.length - inFull - most;
  const rest =
    lines.length === 0
      ? undefined
      : markup`<ul class="more">${lines}${left > 0 ? markup`<li class="dim">and ${left} more, in run.json</li>` : undefined}</ul>`;
  return markup`<h4>Expected and found</h4>
    ${sorted.slice(0, inFull).map(deviationMarkup)}${rest}`;
}

function deviationMarkup({ deviation, wrote, reads, firings }: StoryDeviation): Markup {
  const { kind, step, page, pages = 1, byte, field, writer, expected, found, mask, known, story } = deviation;
  const where =
    page === undefined
      ? ''
      : `, ${pagesInWords({ page, pages })}${byte === undefined ? '' : ` byte ${byte}`}`;
  const rows: (readonly [string, Markup | string])[] = [
    ['expected', markup`<code>${expected}</code>`],
    ['found', markup`<code class="found">${found}</code>${mask === undefined ? '' : `, differs in ${mask}`}`],
  ];
  if (page !== undefined) {
    rows.push(['written as', `${wrote.field}${inRole(wrote.role)}`]);
    if (writer !== undefined) {
      const folio =
        writer.pfn === undefined ? '' : `, about the order-${writer.order ?? 0} folio at page ${writer.pfn}`;
      rows.push([
        'by',
        `${writer.fn}, ${writer.step === 0 ? 'before the first step' : `in step ${writer.step}${folio}`}`,
      ]);
    }
    rows.push(['read as', `${reads.field}${inRole(reads.role)}`]);
  } else if (story !== undefined) rows.push(['that is', story]);
  if (page !== undefined)
    rows.push([
      'in core-mm',
      firings.length === 0
        ? 'nothing that reads it would notice'
        : markup`${firings.map(({ condition, effect, line }) => markup`${condition === '' ? '' : `${condition}: `}${effect} <span class="dim">(${line})</span><br>`)}`,
    ]);
  if (known !== undefined) rows.push(['known', known]);
  return markup`<div class="deviation${known === undefined ? '' : ' isknown'}">
    <h5>${kind} at step ${step}${where}: <b>${field}</b></h5>
    <dl>${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </div> `;
}

function inRole(role: string | undefined): string {
  return role === undefined ? '' : `, the page being ${role}`;
}

/** Splats that say the same but for numbers and times, each once, with how often it came. */
function distinct(splats: readonly Splat[]): readonly (readonly [Splat, number])[] {
  const all = new Map<string, [Splat, number]>();
  for (const splat of splats) {
    const key = `${splat.title} ${splat.frames.join()}`;
    const known = all.get(key);
    if (known === undefined) all.set(key, [splat, 1]);
    else known[1] += 1;
  }
  return [...all.values()];
}

function splatMarkup({ title, frames, text, fields }: Splat, times: number, measure: Measure): Markup {
  const named = Object.entries(fields);
  const path =
    frames.length === 0 ? undefined : markup`<p>in <code>${frames.slice(0, 10).join(' < ')}</code></p>`;
  return markup`<h4>The kernel said</h4>
    <p class="splat">${title}${times === 1 ? undefined : markup` <span class="count">${times} times</span>`}</p>
    ${path}
    ${named.length === 0 ? undefined : markup`<p class="dim">${named.map(([name, value]) => `${name} ${value}`).join(', ')}</p>`}
    <details class="raw"><summary>console</summary><pre tabindex="0">${text.slice(0, measure.text)}${text.length > measure.text ? '\n…' : ''}</pre></details>`;
}

const ABOUT_MODEL = /^the model's variants? /;

function modelWords({ model, evidence }: TestStory, { model: most }: Measure): Markup | undefined {
  const lines = [
    ...(model === undefined ? [] : testFitInWords(model)),
    ...evidence.filter((line) => ABOUT_MODEL.test(line)),
  ];
  if (lines.length === 0) return undefined;
  return markup`<h4>What the model says</h4>
    <ul class="model">${lines.slice(0, most).map((line) => markup`<li>${line}</li>`)}</ul>`;
}

/** A log of a point. */
const A_FILE = /^points\/[\w./-]+$/;

function others({ evidence, splats }: TestStory, { text }: Measure): Markup[] {
  return (
    evidence
      .filter((line) => !ABOUT_MODEL.test(line))
      // What a splat has already shown is not shown again.
      .filter((line) => !(splats.length > 0 && line.startsWith('console:')))
      .slice(0, 4)
      .map((line) =>
        A_FILE.test(line)
          ? markup`<p class="dim">more in <code>${line}</code> of the run directory</p>`
          : markup`<pre class="evidence" tabindex="0">${line.slice(0, text)}</pre>`,
      )
  );
}
