import type { KselftestOptions } from '../scenario/kselftest.js';
import type { ScenarioOptions } from '../scenario/run-scenario.js';
import type { Quota } from '../scenario/random/campaign.js';
import type { Event, TestRecord } from '../store/records.js';
import type { Suite } from '../scenario/suite-file.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import type { Campaign } from './campaign.js';
import type { GuestHost } from './guest-host.js';
import type { RunDirectory } from './directory.js';
import type { RunOptions } from './options.js';

/** What the campaigns of all kernels of a run share. */
export interface CampaignContext extends Campaign {
  /** How many sequences each kernel gets. */
  readonly quota: Quota;
  /** The command that runs one test of this run again, as a shell takes it. */
  readonly again: (test: string) => string;
}

/** What every point of a run shares. */
export interface RunContext {
  readonly options: RunOptions;
  readonly dir: RunDirectory;
  readonly suites: readonly Suite[];
  readonly knownIssues: readonly KnownIssue[];
  /** `2026-11-23`: the day that known issues are measured against. */
  readonly today: string;
  readonly host: GuestHost;
  /** Where a suite draws its tests. */
  readonly campaign?: CampaignContext;
  readonly emit: (event: Event) => void;
  readonly signal: AbortSignal;
  /** Whether a failure of a scenario says enough of its kernel; the suite then stops. Default: it runs to its end. */
  readonly stopAt?: (failure: TestRecord) => boolean;
  /**
   * Tests that are likely to end their guest, see SuiteOptions. The same for every point: which cases are left out depends on
   * the order, and what was left out at one point and fails at the next would be taken for that one's doing.
   */
  readonly last?: ReadonlySet<string>;
  /** Those of them that are likely to hang. */
  readonly hangs?: ReadonlySet<string>;
  /** Who looks on while scenarios run; see ScenarioOptions. */
  readonly watch?: ScenarioOptions['watch'];
  /** Who traces upstream's programs; see KselftestOptions. */
  readonly trace?: KselftestOptions['trace'];
  /** Take over earlier results of a point of the series too, not only of the base. Default: never. */
  readonly reusePoints?: true;
}
