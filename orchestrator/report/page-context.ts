import type { CoverageRecord } from '../store/coverage-record.js';
import type { Baseline } from '../verdict/baseline.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import type { RunDigest } from './digest.js';

/** What a mutant of the kernel came to, as the page shows it. */
export interface ScoreRow {
  readonly name: string;
  readonly subject: string;
  /** `mm/memremap.c:429`. */
  readonly place: string;
  /** It changes what the kernel does; one that does not must survive. */
  readonly harmful: boolean;
  readonly ours: string;
  readonly upstream: string;
  readonly expected: boolean;
  /** Day of the measurement, and whether the suites were those of now: `this`, an `earlier` version, or nobody wrote it down. */
  readonly on: string;
  readonly suites: 'this' | 'earlier' | 'unknown';
  /** The failure that gave it away. */
  readonly by?: string;
}

/** The mutants that have a result, and how many there are in all. */
export interface Score {
  readonly rows: readonly ScoreRow[];
  readonly mutants: number;
}

/** What the page tells beside its run: from files of the project, and from records of their own below results/. */
export interface PageContext {
  readonly knownIssues?: readonly KnownIssue[];
  readonly expired?: readonly KnownIssue[];
  /** Earlier runs; this one may be among them. */
  readonly trend?: readonly RunDigest[];
  /** What the base is compared with. */
  readonly baseline?: Baseline;
  readonly coverage?: CoverageRecord;
  readonly score?: Score;
}
