import { Machine, Oracle } from '../../../orchestrator/model/index.js';
import type { Operation, Place, Variant } from '../../../orchestrator/model/index.js';

/** `mm/memcontrol.c:uncharge_folio 0x230`: the line, and the address where the words name one. */
function line(splat: { readonly line: string; readonly why: string }): string {
  const address = /address (0x[0-9a-f]+)/.exec(splat.why)?.[1];
  return address === undefined ? splat.line : `${splat.line} ${address}`;
}

/**
 * What a kernel of that variant shows of a sequence, step by step: warnings, fields that breach the contract, how it
 * ended. Empty where it shows nothing.
 */
export function outcome(variant: Variant, ops: readonly Operation[], where: Place): string {
  const guest = new Machine(variant, where);
  const oracle = new Oracle(where, guest.bytes, [variant]);
  const told: string[] = [];
  for (const [i, op] of ops.entries()) {
    const effects = guest.apply(op);
    const { refs, callbacks, warnings, crash, hang, foreign } = effects;
    const step: string[] = warnings.map((warning) => `warns ${warning.line}`);
    if (crash) step.push(`crash ${line(crash)}`);
    else if (hang) step.push(`hang ${line(hang)}`);
    else if (foreign) step.push(`foreign ${line(foreign)}`);
    else {
      const seen = oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks });
      const fields = seen.deviations.map(({ page, field }) =>
        page === undefined ? field : `${page}.${field}`,
      );
      step.push(...new Set(fields));
    }
    if (step.length > 0) told.push(`${i + 1}: ${step.join(' ')}`);
    if (crash ?? hang ?? foreign) break;
  }
  return told.join('; ');
}
