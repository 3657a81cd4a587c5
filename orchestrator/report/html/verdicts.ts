import type { FailureKind, PointVerdict, TestRecord, TestVerdict } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';

/** A sign for each verdict: colour is never the only thing that tells them apart. */
const SIGNS: Readonly<Record<TestVerdict | PointVerdict, string>> = {
  pass: '✓',
  good: '✓',
  fail: '✗',
  bad: '✗',
  flaky: '≈',
  known: 'k',
  skip: '–',
  error: '!',
  infra: '!',
};

/** Failure kinds in a word, for a cell. */
export const KIND_WORDS: Readonly<Record<FailureKind, string>> = {
  'stale-field': 'stale',
  'wrong-head': 'head',
  refcount: 'refs',
  leak: 'leak',
  counter: 'count',
  data: 'data',
  permission: 'perm',
  splat: 'splat',
  hang: 'hang',
  boot: 'boot',
};

export function signOf(verdict: TestVerdict | PointVerdict): string {
  return SIGNS[verdict];
}

/** A verdict with its sign and its word. */
export function verdictChip(verdict: TestVerdict | PointVerdict, word: string = verdict): Markup {
  return markup`<span class="chip v-${verdict}"><span aria-hidden="true">${SIGNS[verdict]}</span> ${word}</span>`;
}

/** `232 wrong-head, 75 stale-field`: failure kinds by count, most first. */
export function kindsInWords(tests: readonly Pick<TestRecord, 'kind'>[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of tests) if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([kind, n]) => `${n} ${kind}`)
    .join(', ');
}
