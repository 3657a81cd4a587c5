import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Covered } from './job.js';

/** V8's own count of which blocks of which functions ran, from one take() to the next. */
export class Coverage {
  readonly #session = new Session();
  readonly #root: string;

  /** @param root folder; scripts elsewhere are left out, and names are relative to it */
  constructor(root: string) {
    this.#root = root;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The session answers before post() comes back: it is in this very thread. */
  #post(method: string, params?: object): unknown {
    let answer: unknown;
    let failure: Error | null = null;
    this.#session.post(method, params, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw failure as Error;
    return answer;
  }

  take(): Covered {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    const covered: Record<string, Covered[string]> = {};
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = relative(this.#root, fileURLToPath(url));
      if (file.startsWith('..')) continue;
      const ranges = coveredRanges(readFileSync(fileURLToPath(url), 'utf8').length, functions);
      if (ranges.length > 0) covered[file] = ranges;
    }
    return covered;
  }
}

/** Ranges come outer before inner, and what is inside counts: so each paints over what came before. */
export function coveredRanges(
  length: number,
  functions: readonly Pick<Profiler.FunctionCoverage, 'ranges'>[],
): [number, number][] {
  const ran = new Uint8Array(length + 1);
  const all = functions.flatMap(({ ranges }) => ranges);
  for (const { startOffset, endOffset, count } of all.toSorted(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
  ))
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  const out: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= length; i += 1) {
    const on = i < length && ran[i] === 1;
    if (on && from < 0) from = i;
    if (!on && from >= 0) {
      out.push([from, i]);
      from = -1;
    }
  }
  return out;
}
