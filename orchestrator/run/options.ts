/** What the user asked of one `ci run`, checked and with the defaults filled in. */
export interface RunOptions {
  /** mbox, directory, `-`, `A..B` or message-id; absent: the tree as it stands. */
  readonly series?: string;
  /** A git checkout or plain kernel source; absent: the managed Debian source. */
  readonly tree?: string;
  /** `--source`: version prefix of the managed source, for example `7.2`. */
  readonly source: string;
  readonly base?: string;
  readonly points: 'all' | 'ends';
  /** Suite names, in the order they run. */
  readonly suites: readonly string[];
  /** Glob over test ids; absent: every test. */
  readonly test?: string;
  readonly profiles: readonly string[];
  readonly fragments: readonly string[];
  readonly makeOptions: readonly string[];
  readonly accel: 'auto' | 'kvm' | 'tcg';
  readonly machine: string;
  /** `--seed` of a generated campaign; absent: drawn. */
  readonly seed?: number;
  /** `--minutes` of a generated campaign, for each kernel; absent: DEFAULT_MINUTES. */
  readonly minutes?: number;
  /** Times every test runs. */
  readonly repeat: number;
  /** Parallel compilers, and at most this many guests at once. */
  readonly jobs: number;
  /** Run directory; absent: results/runs/<id>. */
  readonly out?: string;
  /** Reuse no earlier result. Kernels still come from the cache: they are inputs, not results. */
  readonly fresh: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** The release that the bundled series are written against; the newest with the feature stands in where it is gone. */
export const DEFAULT_SOURCE = '7.3';
export const DEFAULT_SUITES = ['mixed-order', 'hmm-tests', 'hmm-tests-coherent'] as const;
export const DEFAULT_MINUTES = 1;
/** Seeds are whole numbers below this. */
export const SEEDS = 2 ** 32;
export const DEFAULT_PROFILE = 'default';
export const DEFAULT_MACHINE = 'x86_64';
