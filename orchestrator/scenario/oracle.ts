import type { Deviation } from '../store/records.js';
import type { Callback, Hello } from './protocol.js';

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
  readonly refs: number | undefined;
  readonly callbacks: readonly Callback[];
}

export interface Judgement {
  /** Breaches of the contract; each fails the test unless a known issue covers it. */
  readonly deviations: readonly Deviation[];
  /** Lines about the prediction, for a reader; they decide nothing. */
  readonly evidence: readonly string[];
}

/** The reference model in step with one case. */
export interface OracleRun {
  /** Judges one operation; `step` counts from 1. */
  judge(step: number, op: ModelOp, observed: Observed): Judgement;
  /** The memory went on by ways that the model does not follow (user mappings): take its bytes as they are. */
  adopt(bytes: Uint8Array, refs: number): void;
  /** What the kernel variant that the model runs should do in this step: for the report of a crash or hang. */
  foretell(step: number, op: ModelOp): string | undefined;
}

export interface Oracle {
  /** A run that begins on pristine pages, whose bytes are `pristine`. */
  start(hello: Hello, pristine: Uint8Array): OracleRun;
  failureKey(deviation: Deviation): string;
}
