import type { Deviation } from '../../store/records.js';

/** What an outcome and a record both have. */
interface Failure {
  readonly kind?: string | undefined;
  readonly failureKey?: string | undefined;
  readonly deviations: readonly Deviation[];
}

/**
 * What stays the same while a failure is shrunk: kind and field of the first deviation that nobody knew; of a splat its title, of a
 * hang the functions it waits in. Roles and bits of a deviation follow from orders and places, which shrinking changes.
 */
export function shrinkKey({ kind, failureKey, deviations }: Failure): string {
  if (kind === 'splat' || kind === 'hang') return failureKey ?? kind;
  const first = deviations.find(({ known }) => known === undefined);
  return first === undefined ? (failureKey ?? '') : `${first.kind} ${first.field}`;
}

/** Step, counted from 1, that a failure came at, where its reason begins with it. */
export function failedAt({ reason }: { readonly reason?: string | undefined }): number | undefined {
  const step = /^step (\d+)/.exec(reason ?? '')?.[1];
  return step === undefined ? undefined : Number(step);
}
