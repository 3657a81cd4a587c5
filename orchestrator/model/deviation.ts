/** The failure kinds that a comparison of bytes and counters can find (a subset of those of a test). */
export type DeviationKind = 'stale-field' | 'wrong-head' | 'refcount' | 'leak' | 'counter';

/** Who wrote the bytes of a deviation last: step (0: before the first), kernel function, the folio and the page's role in it. */
export interface DeviationWriter {
  readonly step: number;
  readonly fn: string;
  readonly pfn?: number;
  readonly order?: number;
  readonly role: string;
}

/** One difference between what the contract demands and what the guest holds. */
export interface Deviation {
  readonly kind: DeviationKind;
  readonly step: number;
  /** First page, and how many pages in a row deviate alike; absent for counters. */
  readonly page?: number;
  readonly pages?: number;
  /** First byte in the 64-byte struct page, and bytes. */
  readonly byte?: number;
  readonly width?: number;
  /** Field (or flag) under the reading of the page's present role. */
  readonly field: string;
  /** The field as its last writer meant it. */
  readonly writtenAs?: string;
  /** Absent where nobody is known who wrote just what was found. */
  readonly writer?: DeviationWriter;
  /** Role in which the bytes were written → present role; `neighbour ROLE` where the step had no business. */
  readonly transition?: string;
  readonly expected: string;
  readonly found: string;
  /** Differing bits as hex; absent where a run-time address or the driver's data is compared, and for counters. */
  readonly mask?: string;
  readonly story: string;
}

/** Stable over runs, points and addresses: the first deviation that no known issue explains, without its values. */
export function failureKey(
  deviations: readonly (Pick<Deviation, 'kind' | 'field' | 'mask' | 'transition'> & {
    readonly known?: string;
  })[],
): string | undefined {
  const first = deviations.find((d) => d.known === undefined);
  if (!first) return undefined;
  return [first.kind, first.field, first.mask, first.transition]
    .filter((part) => part !== undefined)
    .join(' ');
}
