import { RamMmIds } from './mm-ids.js';
import type { Token } from './tokens.js';

/** A page of system memory, as far as it has to do with device memory. */
export interface SysPage {
  folio: SysFolio;
  /** Page tables that map it at PTE level. */
  mapcount: number;
  /** PageAnonExclusive() */
  exclusive: boolean;
  /** Holds nothing but zeroes: a split maps it to the zero page instead (mm/migrate.c:try_to_map_unused_to_zeropage). */
  zero: boolean;
}

/** A folio of system memory: no bytes, only what migration reads, copies and counts. */
export interface SysFolio {
  readonly order: number;
  readonly pages: SysPage[];
  /** Page flags of the head by name. */
  readonly flags: Set<string>;
  /** Page number that the address of its first page stands for (folio->index). */
  index: bigint;
  /** Absent: not anonymous yet. */
  anonVma: Token | undefined;
  objcg: Token | undefined;
  refs: number;
  /** Page tables that map it at PMD level. */
  entire: number;
  /** Of a large one: the processes that map it. */
  readonly mmIds: RamMmIds;
  /** PG_partially_mapped: it is on the list of folios to split (mm/huge_memory.c:deferred_split_folio). */
  partial: boolean;
}

/** A page or folio: a number is a page of the chunk (of a folio: its first), an object is system memory. */
export type Page = number | SysPage;
export type Folio = number | SysFolio;

/** A folio of which the caller holds the only reference; nothing of it is mapped. */
export function newSysFolio(order: number): SysFolio {
  const folio: SysFolio = {
    order,
    pages: [],
    flags: new Set(),
    index: 0n,
    anonVma: undefined,
    objcg: undefined,
    refs: 1,
    entire: 0,
    mmIds: new RamMmIds(),
    partial: false,
  };
  for (let i = 0; i < 2 ** order; i++) folio.pages.push({ folio, mapcount: 0, exclusive: false, zero: true });
  return folio;
}

export const mapcountOf = (folio: SysFolio): number =>
  folio.pages.reduce((sum, page) => sum + page.mapcount, folio.entire);
