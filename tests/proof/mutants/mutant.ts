import { functionAround } from './enclosing.js';
import type { Source } from './structure.js';

/** Families of changes; a report counts by them. */
export const OPERATORS = [
  'comparison',
  'arithmetic',
  'bits',
  'logic',
  'constant',
  'boolean',
  'condition',
  'statement',
  'step',
  'element',
  'field',
  'word',
] as const;
export type Operator = (typeof OPERATORS)[number];

/** One change of one file: the bytes [from, to) become `text`. */
export interface Change {
  readonly operator: Operator;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** What is changed, as a reader sees it: `< → <=`. */
  readonly what: string;
}

export interface Mutant extends Change {
  /** Below orchestrator/, compiled: `model/steps.js`. */
  readonly file: string;
  /** The line of code with single spaces: what names the place whatever moves around it. */
  readonly code: string;
  /** Which of several equal changes on that line, from 1. */
  readonly nth: number;
  /** The function around it that has a name. */
  readonly in?: string | undefined;
}

/** What names a mutant in a list that outlives edits elsewhere in the file: with `in`, in that function only. */
export function keyOf(mutant: Pick<Mutant, 'file' | 'code' | 'what' | 'nth' | 'in'>): string {
  const where = mutant.in === undefined ? [] : [`in ${mutant.in}`];
  return [mutant.file, mutant.code, mutant.what, mutant.nth, ...where].join('\n');
}

/** The names that a list may have a mutant by: that of its function, and that of its line wherever it stands. */
export function keysOf(mutant: Mutant): string[] {
  return [...new Set([keyOf(mutant), keyOf({ ...mutant, in: undefined })])];
}

export const squeeze = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');

function lineAt(text: string, offset: number): { readonly from: number; readonly line: string } {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return { from, line: text.slice(from, end < 0 ? text.length : end) };
}

/** Names the place of each change. */
export function mutants(file: string, source: Source, changes: readonly Change[]): Mutant[] {
  const { text, tokens } = source;
  const indexes = new Map(tokens.map((token, i) => [token.from, i]));
  const seen = new Map<string, number>();
  return changes
    .toSorted((a, b) => a.from - b.from || a.what.localeCompare(b.what))
    .map((change) => {
      const { from, line } = lineAt(text, change.from);
      const code = squeeze(line);
      const spot = [from, change.what].join(' ');
      const nth = (seen.get(spot) ?? 0) + 1;
      seen.set(spot, nth);
      const around = functionAround(source, indexes.get(change.from) ?? -1);
      return { ...change, file, code, nth, in: around };
    });
}

export function applied(text: string, change: Change): string {
  return text.slice(0, change.from) + change.text + text.slice(change.to);
}
