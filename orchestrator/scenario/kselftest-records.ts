import { isFailure } from '../ktap/parse.js';
import type { KtapResult } from '../ktap/parse.js';
import type { Splat, TestRecord } from '../store/records.js';
import { distinctSplats, splatKey } from './outcome.js';

/** How far output and console had come when a piece of output arrived. */
export interface Mark {
  /** Whole lines of output, the piece included. */
  readonly lines: number;
  /** Characters on the console. */
  readonly console: number;
}

/** Diagnostics that a report keeps of one test. */
const DIAGNOSTICS = 12;

/**
 * Which result each splat belongs to, by index: the first one that was reported after the console had shown the
 * splat's first line. One that no result followed belongs to the test that never reported, else to the last.
 */
export function assign(
  splats: readonly Splat[],
  text: string,
  marks: readonly Mark[],
  results: readonly KtapResult[],
): Map<number, Splat[]> {
  const owners = new Map<number, Splat[]>();
  let searched = 0;
  for (const splat of splats) {
    const firstLine = splat.text.split('\n', 1)[0] ?? '';
    const found = text.indexOf(firstLine, searched);
    const offset = found < 0 ? text.length : found;
    searched = offset;
    const before = marks.findLast((mark) => mark.console <= offset)?.lines ?? 0;
    const next = results.findIndex((result) => result.line > before);
    const silent = results.findIndex((result) => result.line === 0);
    const owner = next >= 0 ? next : silent >= 0 ? silent : results.length - 1;
    owners.set(owner, [...(owners.get(owner) ?? []), splat]);
  }
  return owners;
}

/** The record of one test of an upstream program. */
export function recordOf(
  suite: string,
  result: KtapResult,
  splats: readonly Splat[],
  durationMs: number,
): TestRecord {
  const distinct = distinctSplats(splats);
  const base = {
    id: `${suite}/${result.id}`,
    suite,
    runs: 1,
    deviations: [],
    splats: distinct.splats,
    evidence: [...result.diagnostics.slice(-DIAGNOSTICS), ...distinct.notes],
    durationMs,
    reused: false,
  };
  const splat = splats.find((one) => !one.corrupted) ?? splats[0];
  if (splat) {
    return {
      ...base,
      verdict: 'fail',
      kind: 'splat',
      failureKey: splatKey(splat),
      matches: 1,
      reason: splat.title,
    };
  }
  const reason = result.reason === undefined ? {} : { reason: result.reason };
  if (isFailure(result.status)) {
    const line = result.diagnostics.find((one) => /:\d+:/.test(one)) ?? result.reason ?? '';
    const said = line.replace(/^#\s*/, '');
    return {
      ...base,
      verdict: 'fail',
      failureKey: `${result.status}: ${result.id}: ${withoutNumbers(said)}`,
      matches: 1,
      reason: result.reason ?? (withoutNumbers(said) === '' ? result.status : said),
    };
  }
  return { ...base, verdict: result.status === 'skip' ? 'skip' : 'pass', matches: 0, ...reason };
}

/** Line numbers and values differ between trees and runs; the sentence does not. */
function withoutNumbers(text: string): string {
  return text
    .replaceAll(/0x[0-9a-fA-F]+|\d+/g, 'N')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
