import type { Event } from '../store/records.js';
import type { Suite } from '../scenario/suite-file.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import type { GuestHost } from './guest-host.js';
import type { RunDirectory } from './directory.js';
import type { RunOptions } from './options.js';

/** What every point of a run shares. */
export interface RunContext {
  readonly options: RunOptions;
  readonly dir: RunDirectory;
  readonly suites: readonly Suite[];
  readonly knownIssues: readonly KnownIssue[];
  /** `2026-11-23`: the day that known issues are measured against. */
  readonly today: string;
  readonly host: GuestHost;
  readonly emit: (event: Event) => void;
  readonly signal: AbortSignal;
}
