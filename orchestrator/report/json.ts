import { RunRecord } from '../store/records.js';

/** The text of `run.json`; a record that does not fit the schema is an error of ours and is not written. */
export function toJson(run: RunRecord): string {
  return `${JSON.stringify(RunRecord.parse(run), null, 2)}\n`;
}
