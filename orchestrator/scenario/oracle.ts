import type { Deviation, ModelFit } from '../store/records.js';
import type { Foretold } from './crash-ledger.js';
import type { Callback, MapRun, ReadyHello, Reply, Request } from './protocol.js';

/** Operations on page metadata that the reference model knows, as the agent takes them. */
export type ModelOp =
  | {
      readonly op: 'init';
      readonly pfn: number;
      readonly order: number;
      readonly unlock: 'none' | 'page' | 'folio';
      readonly rmappable: boolean;
      readonly zdd?: bigint;
    }
  | { readonly op: 'unlock'; readonly pfn: number; readonly how: 'page' | 'folio' }
  | { readonly op: 'free'; readonly pfn: number; readonly how: 'page' | 'folio' }
  | {
      readonly op: 'poke';
      readonly pfn: number;
      readonly byte: number;
      readonly size: number;
      readonly value: bigint;
    };

/** What the guest held before and after an operation, and what the driver saw of it. */
export interface Observed {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** References to the pgmap above its baseline, where the agent said so. */
  readonly refs: number;
  readonly callbacks: readonly Callback[];
}

export interface Judgement {
  /** Breaches of the contract; each fails the test unless a known issue covers it. */
  readonly deviations: readonly Deviation[];
  /** Lines about the prediction, for a reader; they decide nothing. */
  readonly evidence: readonly string[];
}

/** A folio that came to life or died by an operation outside the model, in the order of events. */
export interface FolioEvent {
  readonly pfn: number;
  readonly order: number;
  readonly live: boolean;
}

/** Where the pages of a mapping are in one process; absent: the one that makes the mappings. */
export interface SeenMap {
  readonly name: string;
  readonly process?: string;
  readonly runs: readonly MapRun[];
}

/** A step on user memory that came back, and what the guest showed after it. */
export interface UserStep {
  readonly request: Request;
  readonly reply: Reply;
  readonly after: Uint8Array;
  readonly refs: number;
  readonly callbacks: readonly Callback[];
  /** Folios that it brought to life or freed, by the rules of migration. */
  readonly folios: readonly FolioEvent[];
  /** Where the pages of the mappings are that somebody looked at. */
  readonly maps: readonly SeenMap[];
}

/** The reference model in step with one case. */
export interface OracleRun {
  /** Judges an operation that came back; `step` counts from 1. */
  judge(step: number, op: ModelOp, observed: Observed): Judgement;
  /** What the model's variants make of an operation that did not come back; nothing can follow it. */
  lost(
    step: number,
    op: ModelOp,
  ): { readonly foretold: readonly Foretold[]; readonly evidence: readonly string[] };
  /** Variants that were wrong about a step, of this case or of one before it. */
  readonly misfits: readonly string[];
  /**
   * How the model's variants explain the steps so far; undefined where the model could judge none. To be asked at the
   * end of a case: variants that were wrong in it need not be followed in the next.
   */
  classify(): ModelFit | undefined;
  /**
   * Follows a step on user memory, and says where the prediction was wrong. What the model has no words for is taken as
   * it is, and so is all of user memory after it.
   */
  follow(step: number, seen: UserStep): readonly string[];
}

/** The model for all cases on one kernel. */
export interface Oracle {
  /** A run that begins on pristine pages, whose bytes are `pristine`. */
  start(hello: ReadyHello, pristine: Uint8Array): OracleRun;
  /**
   * The crash or hang that each variant foretells for operations; none where it foretells none.
   * @param bytes struct pages before the first, where they are not pristine
   */
  foretell(
    hello: ReadyHello,
    pristine: Uint8Array,
    ops: readonly ModelOp[],
    bytes?: Uint8Array,
  ): readonly Foretold[];
}
