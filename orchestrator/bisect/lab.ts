import type { TestRecord } from '../store/records.js';
import type { Place } from './types.js';

/** What came of building the kernel of a place. */
export type Built =
  | { readonly status: 'built' | 'cached'; readonly signature: string; readonly ms: number }
  /** It cannot be built, now or later. */
  | { readonly untestable: string; readonly ms: number };

/** Kernels and guests as the search needs them. It rejects for trouble of ours only. */
export interface Lab {
  build(at: Place, signal: AbortSignal): Promise<Built>;
  /** The kernel of a place that needs no building, however long another takes that is being built; undefined where it does. */
  cached(at: Place, signal: AbortSignal): Promise<Built | undefined>;
  /**
   * Runs a test so many times on the kernel of a place, which is built, each time in a guest of its own.
   * @param only id of a test; absent: every test that the user asked for
   * @param done told of every run when it has ended; a kernel that does not boot ends once, with the record of that
   */
  run(
    at: Place,
    runs: number,
    only: string | undefined,
    done: (records: readonly TestRecord[], ms: number) => void,
  ): Promise<void>;
}
