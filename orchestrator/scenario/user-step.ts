import type { Deviation } from '../store/records.js';
import type { Evictable } from './evict-checks.js';
import type { FolioEvent, SeenMap } from './oracle.js';
import type { Callback, Reply } from './protocol.js';
import type { StepExpectation } from './schema.js';
import type { Sent } from './session.js';
import type { UserAction } from './unruled.js';

/** What is known of a step before it is judged. */
export interface UserStep {
  readonly step: number;
  readonly action: UserAction;
  readonly expect: StepExpectation | undefined;
  /** Struct pages before the step. */
  readonly before: Uint8Array;
  readonly reply: Reply;
  /** Folios that single steps have made. */
  readonly others: readonly Evictable[];
  readonly timeScale: number;
}

/** A step that came back. */
export interface UserJudgement {
  readonly deviations: readonly Deviation[];
  readonly refs: number;
  readonly callbacks: readonly Callback[];
  readonly events: readonly FolioEvent[];
  /** Where the pages of each mapping are that was looked at. */
  readonly maps: readonly SeenMap[];
}

/** `sent`: the look at the mappings itself went wrong. */
export type UserVerdict = UserJudgement | { readonly sent: Sent };
