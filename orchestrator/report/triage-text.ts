import type { RunRecord, SummaryEntry, TestRecord } from '../store/records.js';
import { testsOf } from './words.js';

/** `mixed-order/S2, stale-field …: unrelated, fails on the base too (https://…, until 2027-02-24)`. */
export function triagedInWords(run: RunRecord, { point: index, test: id, failureKey }: SummaryEntry): string {
  const point = run.points.find((one) => one.index === index);
  const said = point === undefined ? undefined : testsOf(run, point).find((test) => test.id === id)?.triaged;
  return `${id}, ${failureKey}${said === undefined ? '' : `: ${saidInWords(said)}`}`;
}

/** `unrelated, fails on the base too (https://…, until 2027-02-24)`. */
export function saidInWords({ as, reason, link, expires }: NonNullable<TestRecord['triaged']>): string {
  return `${as}, ${reason} (${link}, until ${expires})`;
}
