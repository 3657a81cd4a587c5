import type { Place } from '../model/kernel.js';
import { PAGE_BYTES } from './chunk.js';
import type { ReadyHello } from './protocol.js';

/** Page maps of the guest's driver, one for each of its devices, in the order of `refs_of`. */
export const OWNERS = ['first', 'second', 'coherent'] as const;
export type Owner = (typeof OWNERS)[number];

/** Something for each page map: references, say. */
export type ByOwner = readonly [first: number, second: number, coherent: number];

/** The device that a page belongs to; coherent pages are numbered on behind the chunk. */
export function ownerOf({ chunk }: Pick<ReadyHello, 'chunk'>, pfn: number): Owner {
  if (pfn >= chunk.pages) return 'coherent';
  return chunk.second !== undefined && pfn >= chunk.second ? 'second' : 'first';
}

/** What must stand in `pgmap` of a folio headed at a page. */
export function pgmapOf(hello: ReadyHello, pfn: number): bigint {
  const { chunk, coherent } = hello;
  const owner = ownerOf(hello, pfn);
  if (owner === 'coherent') return BigInt(coherent?.pgmap ?? 0);
  return BigInt(owner === 'second' ? (chunk.second_pgmap ?? 0) : chunk.pgmap);
}

/** Address of the struct page of a device page. */
export function structPageOf({ chunk, coherent }: ReadyHello, pfn: number): bigint {
  const [base, index] =
    pfn < chunk.pages ? [chunk.vmemmap, pfn] : [coherent?.vmemmap ?? '0x0', pfn - chunk.pages];
  return BigInt(base) + BigInt(index * PAGE_BYTES);
}

/** The device page whose struct page lies at an address; one of the chunk where it is none of the coherent ones. */
export function pageAt({ chunk, coherent }: ReadyHello, address: bigint): number {
  const index = (base: string): number => Number((address - BigInt(base)) / BigInt(PAGE_BYTES));
  if (coherent) {
    const behind = index(coherent.vmemmap);
    if (behind >= 0 && behind < coherent.pages) return chunk.pages + behind;
  }
  return index(chunk.vmemmap);
}

/** All device pages that there are. */
export function devicePages({ chunk, coherent }: ReadyHello): number {
  return chunk.pages + (coherent?.pages ?? 0);
}

/** The part of an observation that is of the chunk: all that the model knows of. */
export function chunkOnly({ chunk }: Pick<ReadyHello, 'chunk'>, bytes: Uint8Array): Uint8Array {
  const size = chunk.pages * PAGE_BYTES;
  return bytes.length > size ? bytes.subarray(0, size) : bytes;
}

/** Where the chunk lies and whose its pages are, for the model. */
export function addressesOf(
  chunk: ReadyHello['chunk'],
): Pick<Place, 'pages' | 'memmap' | 'pgmap' | 'second'> {
  const { pages, vmemmap, pgmap, second, second_pgmap: secondPgmap } = chunk;
  return {
    pages,
    memmap: BigInt(vmemmap),
    pgmap: BigInt(pgmap),
    ...(second !== undefined &&
      secondPgmap !== undefined && { second: { first: second, pgmap: BigInt(secondPgmap) } }),
  };
}

/** Pages of folios by the device that they are on: the references that each page map owes them. */
export function pagesByOwner(
  hello: Pick<ReadyHello, 'chunk'>,
  folios: Iterable<{ readonly pfn: number; readonly order: number }>,
): ByOwner {
  const sums: [number, number, number] = [0, 0, 0];
  for (const { pfn, order } of folios) sums[OWNERS.indexOf(ownerOf(hello, pfn))]! += 2 ** order;
  return sums;
}
