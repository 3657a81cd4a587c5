import { painter } from './colour.js';
import { testFitInWords } from './model-fit.js';
import { pagesInWords } from './played-case.js';
import { Text } from './text.js';
import type { StoryDeviation, TestStory } from './test-story.js';

/** Deviations that are told; the others are counted. */
const TOLD = 20;
const NAMES = 10;

/** The story of a test as text, newline at the end. */
export function renderStory(
  story: TestStory,
  context: { readonly columns: number; readonly colour: boolean },
): string {
  const out = new Text(Math.max(60, context.columns), painter(context.colour));
  const { point, test } = story;
  out.text(`${test.id} at point ${point.index}, ${point.subject}`, 0, 'bold');
  const kind = test.kind === undefined ? '' : ` (${test.kind})`;
  const runs = test.runs > 1 ? `, in ${test.matches} of ${test.runs} runs` : '';
  out.text(`${test.verdict}${kind}${runs}${test.reason === undefined ? '' : `: ${test.reason}`}`, 0);
  steps(out, story);
  deviations(out, story);
  for (const { title, frames } of story.splats) {
    out.section(title, 'bad');
    if (frames.length > 0) out.text(`in ${frames.slice(0, 8).join(' < ')}`, 2);
  }
  model(out, story);
  return out.toString();
}

function steps(out: Text, { steps: all, noSteps, deviations: found }: TestStory): void {
  out.section('steps');
  if (noSteps !== undefined) out.text(noSteps, 2, 'dim');
  for (const { step, words, reply } of all) {
    const wrong = found.filter(({ deviation }) => deviation.step === step).length;
    const mark = wrong === 0 ? '' : `; ${wrong === 1 ? '1 deviation' : `${wrong} deviations`}`;
    out.pair(String(step), 3, `${words}: ${reply}${mark}`);
  }
  const last = all.at(-1)?.step ?? 0;
  const late = found.filter(({ deviation }) => deviation.step > last).length;
  if (late > 0 && all.length > 0)
    out.text(`after the last step: ${late === 1 ? '1 deviation' : `${late} deviations`}`, 2, 'dim');
}

function deviations(out: Text, story: TestStory): void {
  for (const one of story.deviations.slice(0, TOLD)) deviationLines(out, one);
  const left = story.deviations.length - TOLD;
  if (left > 0) out.section(`and ${left} deviations more`);
}

function deviationLines(out: Text, { deviation, wrote, reads, firings }: StoryDeviation): void {
  const { kind, step, page, pages = 1, byte, field, writer, expected, found, mask, known, story } = deviation;
  const where = page === undefined ? '' : `, ${pagesInWords({ page, pages })}`;
  const at = byte === undefined ? '' : ` byte ${byte}`;
  out.section(`${kind} at step ${step}${where}${at}: ${field}`, known === undefined ? 'bad' : 'warn');
  out.pair('expected', NAMES, expected);
  out.pair('found', NAMES, `${found}${mask === undefined ? '' : `, differs in ${mask}`}`);
  if (page !== undefined) {
    out.pair('written as', NAMES, `${wrote.field}${inRole(wrote.role)}`);
    if (writer) {
      const folio =
        writer.pfn === undefined ? '' : `, about the order-${writer.order ?? 0} folio at page ${writer.pfn}`;
      const when = writer.step === 0 ? 'before the first step' : `in step ${writer.step}${folio}`;
      out.pair('by', NAMES, `${writer.fn}, ${when}`);
    }
    out.pair('read as', NAMES, `${reads.field}${inRole(reads.role)}`);
  } else if (story !== undefined) out.text(story, 2);
  if (firings.length === 0) out.pair('in core-mm', NAMES, 'nothing that reads it would notice');
  for (const { condition, effect, line } of firings)
    out.pair('in core-mm', NAMES, `${condition === '' ? '' : `${condition}: `}${effect} (${line})`);
  if (known !== undefined) out.text(`known: ${known}`, 2, 'warn');
}

function inRole(role: string | undefined): string {
  return role === undefined ? '' : `, the page being ${role}`;
}

function model(out: Text, { model: fit, evidence }: TestStory): void {
  out.section('model');
  if (fit === undefined) out.text('the model judged no step of this test', 2, 'dim');
  else for (const line of testFitInWords(fit)) out.text(line, 2);
  // What each variant said of a step that did not come back; where it differed before is in the fit.
  for (const line of evidence) if (/^the model's variant \S+ foretells: /.test(line)) out.text(line, 2);
}
