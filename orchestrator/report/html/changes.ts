import type { PointRecord, RunRecord, SummaryEntry } from '../../store/records.js';
import { testsOf } from '../words.js';
import { kindsInWords } from './verdicts.js';

/** `introduces 9 failures: 9 stale-field`. */
export interface Clause {
  readonly verb: string;
  readonly shade: 'bad' | 'good' | 'warn';
  readonly count: number;
  readonly kinds: string;
}

/** What a patch did, or several in a row that did nothing to what failed before. */
export interface Change {
  readonly points: readonly number[];
  readonly sign: string;
  readonly shade: 'bad' | 'good' | 'warn';
  readonly clauses: readonly Clause[];
  readonly subject?: string;
}

const SIGNS = { bad: '✗', good: '✓', warn: '≈' } as const;

/** What became of failures, point by point: what was introduced and fixed, and what is still there. */
export function changesOf(run: RunRecord): readonly Change[] {
  const { introduced, fixed, stillFailing } = run.summary;
  const hasSeries = run.series !== undefined;
  const changes: Change[] = [];
  for (const point of run.points) {
    const still = hasSeries
      ? clause(run, point, 'still has', 'warn', stillFailing)
      : clause(run, point, 'has', 'bad', stillFailing);
    const clauses = [
      clause(run, point, 'introduces', 'bad', introduced),
      clause(run, point, 'fixes', 'good', fixed),
      still,
    ].filter((one) => one !== undefined);
    const [first] = clauses;
    if (first === undefined) continue;
    if (hasSeries && first === still && point.index > 0) {
      const before = changes.at(-1);
      if (before && before.points.at(-1) === point.index - 1 && isSame(before, still)) {
        const again = { ...still, verb: 'still have' };
        changes[changes.length - 1] = {
          ...withoutSubject(before),
          points: [...before.points, point.index],
          clauses: [again],
        };
        continue;
      }
    }
    const { shade } = first;
    const sign = SIGNS[shade];
    const subject = point.index === 0 ? {} : { subject: point.subject };
    changes.push({ points: [point.index], sign, shade, clauses, ...subject });
  }
  return changes;
}

/** A point that only still has what the one before only still had. */
function isSame({ clauses }: Change, { count, kinds }: Clause): boolean {
  const [only, ...more] = clauses;
  return (
    more.length === 0 &&
    only !== undefined &&
    only.verb.startsWith('still') &&
    only.count === count &&
    only.kinds === kinds
  );
}

function withoutSubject({ subject: _subject, ...rest }: Change): Change {
  return rest;
}

function clause(
  run: RunRecord,
  point: PointRecord,
  verb: string,
  shade: Clause['shade'],
  entries: readonly SummaryEntry[],
): Clause | undefined {
  const ids = new Set(entries.filter((entry) => entry.point === point.index).map(({ test }) => test));
  if (ids.size === 0) return undefined;
  const kinds = verb === 'fixes' ? '' : kindsInWords(testsOf(run, point).filter(({ id }) => ids.has(id)));
  return { verb, shade, count: ids.size, kinds };
}

/** `the base`, `patch 2`, `patches 5 and 6`, `the base and patches 1 to 3`; numbers in order. */
export function pointsInWords(points: readonly number[], hasSeries: boolean): string {
  if (!hasSeries) return 'the tree';
  const patches = points.filter((index) => index > 0);
  const [first] = patches;
  const last = patches.at(-1);
  const joint = patches.length === 2 ? 'and' : 'to';
  const words =
    first === undefined ? [] : [first === last ? `patch ${first}` : `patches ${first} ${joint} ${last}`];
  return [...(points.includes(0) ? ['the base'] : []), ...words].join(' and ');
}
