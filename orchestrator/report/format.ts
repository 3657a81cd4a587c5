import type { Event, RunRecord } from '../store/records.js';
import type { PageContext } from './page-context.js';
import type { TableContext } from './terminal.js';

/** What a report is made from: the events of a run, and the record that they come to. */
export interface Told {
  readonly run: RunRecord;
  readonly events: readonly Event[];
}

/** What reports need beside the events: how they are drawn, and sentences from files of the project. */
export interface ReportContext extends TableContext, PageContext {
  /** `Name <address>` of who vouches for the run, where the user said so. */
  readonly testedBy?: string;
}

/** One way to tell a run. Each is one file, and makes its text from the events alone. */
export interface Format {
  /** As `--format` takes it. */
  readonly name: string;
  /** In a few words, for the help. */
  readonly summary: string;
  /** Name of the file in the run directory that it is written to by default; absent: it goes to stdout. */
  readonly file?: string;
  /** The whole text, newline at the end. */
  readonly render: (told: Told, context: ReportContext) => string;
}
