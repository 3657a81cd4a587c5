import type { PageChange } from '../model/describe.js';
import type { PlayedOperation } from '../model/play.js';
import type { PlayedCase, PlayedEnd, PlayedKernel, PlayedStep } from '../scenario/play.js';
import { painter } from './colour.js';
import { Text } from './text.js';

export interface PlayedContext {
  readonly columns: number;
  readonly colour: boolean;
}

/** Deviations of one step that are told; the others are counted. */
const TOLD = 12;

/** What a case did in the model, as text, newline at the end. */
export function renderPlayed(played: PlayedCase, kernel: PlayedKernel, context: PlayedContext): string {
  const out = new Text(Math.max(60, context.columns), painter(context.colour));
  out.text(`${played.id}: ${played.title}`, 0, 'bold');
  out.text(kernelInWords(kernel), 0);
  for (const step of played.steps) {
    out.section(`step ${step.step}  ${step.words}`);
    if (step.note !== undefined) out.text(step.note, 2, 'dim');
    stepLines(out, step);
  }
  out.blank();
  endLine(out, played.end);
  return out.toString();
}

/** `variant b: 7.3 (v6 1/5) …; tails by mask; DEBUG_VM=n`. */
export function kernelInWords({ variant, tails, config }: PlayedKernel): string {
  const options = Object.entries(config).map(([name, on]) => `${name}=${on ? 'y' : 'n'}`);
  return [`variant ${variant.id}: ${variant.summary}`, `tails by ${tails}`, ...options].join('; ');
}

function stepLines(out: Text, { state, result }: PlayedStep): void {
  if (state === 'refused') return out.text('refused by the guest module: nothing changes', 2, 'dim');
  if (result === undefined) return out.text('not covered by the model', 2, 'warn');
  resultLines(out, result);
}

function resultLines(out: Text, result: PlayedOperation): void {
  const { changes, callbacks, refs, refsMoved, warnings, deviations, migrate, scan, signal } = result;
  const names = changes.map((change) => `${pagesInWords(change)} ${change.role}`);
  const width = Math.max(10, ...names.map((name) => name.length));
  if (changes.length === 0) out.text('no page changed', 2, 'dim');
  for (const [i, change] of changes.entries()) out.pair(names[i] ?? '', width, fieldsInWords(change));
  for (const call of callsInWords(callbacks)) out.pair('callback', width, call);
  if (migrate)
    out.pair('migrated', width, `${migrate.migrated} pages are on the device of ${migrate.cpages} collected`);
  if (scan) out.pair('scan', width, scanInWords(scan));
  if (signal) out.pair('signal', width, `${signal.name} at page ${signal.page} of the mapping`);
  if (refsMoved !== 0)
    out.pair('pgmap refs', width, `${refsMoved > 0 ? '+' : ''}${refsMoved}, ${refs} in all`);
  for (const { why, line, config } of warnings)
    out.pair('warns', width, `${why} (${line}${condition(config)})`, 'warn');
  for (const { page, pages = 1, story } of deviations.slice(0, TOLD)) {
    const alike = pages > 1 ? ` (${pagesInWords({ page: page ?? 0, pages })} alike)` : '';
    out.pair('deviates', width, `${story}${alike}`, 'bad');
  }
  if (deviations.length > TOLD)
    out.pair('deviates', width, `and ${deviations.length - TOLD} deviations more`, 'bad');
}

/** `folio_free(page 0, order 9)`; equal calls for pages in a row are one line, whatever was called in between. */
function callsInWords(callbacks: PlayedOperation['callbacks']): string[] {
  const lines: { readonly fn: string; readonly order: number; readonly first: number; last: number }[] = [];
  for (const { fn, pfn, order, tail = pfn } of callbacks) {
    const before = lines.find((line) => line.fn === fn && line.order === order && line.last + 1 === tail);
    if (before) before.last = tail;
    else lines.push({ fn, order, first: tail, last: tail });
  }
  return lines.map(({ fn, order, first, last }) =>
    first === last
      ? `${fn}(page ${first}, order ${order})`
      : `${fn}(pages ${first}–${last}, order ${order}), ${last - first + 1} calls`,
  );
}

function scanInWords(scan: NonNullable<PlayedOperation['scan']>): string {
  const taken = scan.filter(({ collected }) => collected);
  const named = taken.flatMap(({ pfn }) => (pfn === undefined ? [] : [pfn]));
  if (named.length === 0) return 'collects nothing';
  return `collects ${named.length === 1 ? 'page' : 'pages'} ${named.slice(0, 16).join(', ')}${named.length > 16 ? ' …' : ''}`;
}

/** `page 1`, `pages 3–511`. */
export function pagesInWords({ page, pages }: Pick<PageChange, 'page' | 'pages'>): string {
  return pages === 1 ? `page ${page}` : `pages ${page}–${page + pages - 1}`;
}

/** `+PG_head, order 9, compound_info 0xffffffffffff8001 (was pgmap)`; what a field was is left out where it was 0. */
function fieldsInWords({ fields }: PageChange): string {
  const words = fields.map(({ name, bit, value, was }) => {
    if (bit !== undefined) return `${value === '1' ? '+' : '-'}${name}`;
    return `${name} ${value}${was === '0' ? '' : ` (was ${was})`}`;
  });
  // The bits of the zone have one name.
  return [...new Set(words)].join(', ');
}

function condition(config: string): string {
  return config === 'any' ? '' : `, with ${config}`;
}

function endLine(out: Text, end: PlayedEnd): void {
  switch (end.kind) {
    case 'done':
      return out.text('ends: every step comes back', 0, 'good');
    case 'not covered':
      return out.text(`ends: step ${end.step}: ${end.why}`, 0, 'warn');
    case 'crash':
    case 'hang':
    case 'foreign':
      return out.text(
        `ends: ${end.kind === 'foreign' ? 'past what the model has' : end.kind} in step ${end.step}: ${end.why} (${end.line}${condition(end.config)})`,
        0,
        'bad',
      );
  }
}
