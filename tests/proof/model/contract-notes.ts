import { failureKey } from '../../../orchestrator/model/deviation.js';
import type { Effects } from '../../../orchestrator/model/operation.js';
import { Oracle } from '../../../orchestrator/model/oracle.js';
import { parseLayout } from '../../../orchestrator/model/layout.js';
import type { Variant } from '../../../orchestrator/model/variants.js';
import { addressesOf } from '../../../orchestrator/scenario/page-maps.js';
import { readField } from '../../../orchestrator/scenario/chunk.js';
import type { ModelOp } from '../../../orchestrator/scenario/oracle.js';
import type { Reply } from '../../../orchestrator/scenario/protocol.js';
import type { GuestSession } from '../../../orchestrator/scenario/session.js';

/** What the contract says to the steps of a sequence: the entries of the table of variants and sequences. */
export class ContractNotes {
  readonly #session: GuestSession;
  readonly #oracle: Oracle;
  readonly #deviations: string[] = [];

  /** @param session open, its ready guest in any state: a sequence begins with pristine pages */
  constructor(session: GuestSession, variant: Variant) {
    const { ready, pristine } = session;
    if (ready === undefined) throw new RangeError('the agent is not ready');
    const freshFlags = readField(pristine, ready, 0, 'page.flags');
    this.#session = session;
    this.#oracle = new Oracle(
      {
        layout: parseLayout(ready.layout),
        ...addressesOf(ready.chunk),
        ...(freshFlags === undefined ? {} : { freshFlags }),
      },
      pristine,
      [variant],
    );
  }

  readonly note = (step: number, op: ModelOp, reply: Reply, effects: Effects): void => {
    const { deviations } = this.#oracle.observe(op, step, {
      bytes: this.#session.mirror.bytes,
      refs: reply.refs ?? 0,
      // They are those of the guest: a step is noted only where they agree.
      callbacks: effects.callbacks,
    });
    for (const deviation of deviations) {
      const key = failureKey([deviation]);
      if (key !== undefined) this.#deviations.push(`step ${step}: ${key}`);
    }
  };

  /** Each once, in the order they came. */
  get deviations(): string[] {
    return [...new Set(this.#deviations)];
  }
}
