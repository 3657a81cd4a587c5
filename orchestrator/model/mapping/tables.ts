import type { Page } from './system.js';
import type { Token } from './tokens.js';

/** Pages that one PMD maps. */
export const PMD_ORDER = 9;
export const PMD_PAGES = 2 ** PMD_ORDER;

/** An entry of a page table that is not empty. */
export type Entry =
  | { readonly kind: 'zero' }
  /** Maps a page: present where it is system memory, a device-private entry where it is a page of the chunk. */
  | { readonly kind: 'page'; readonly page: Page; readonly write: boolean; readonly dirty: boolean }
  /** A migration entry. */
  | {
      readonly kind: 'moving';
      readonly page: Page;
      readonly how: 'write' | 'exclusive' | 'read';
      readonly dirty: boolean;
    };

/** What is below one PMD: nothing, one huge entry, or a page table. */
export interface Table {
  pmd: Entry | undefined;
  ptes: (Entry | undefined)[] | undefined;
}

/** A range of a mapping with one protection, in pages of the mapping. */
export interface Vma {
  start: number;
  end: number;
  access: 'none' | 'read' | 'write';
  /** VM_ACCOUNT: taken from one that loses its write access before it had a page (mm/mprotect.c). */
  accounted: boolean;
  /** Set at the first fault that needs it (mm/rmap.c:anon_vma_prepare). */
  anonVma: Token | undefined;
  /** When it was last put into the interval tree of its anon_vma: rmap walks go by start, then by this. */
  seq: number;
}

export interface Mapping {
  readonly name: string;
  /** Address of the first page divided by the page size: the index of its first page. */
  readonly base: bigint;
  readonly pages: number;
  readonly thp: boolean;
  readonly vmas: Vma[];
  readonly tables: Map<number, Table>;
}

export interface Process {
  readonly name: string;
  /** mm->mm_id */
  readonly id: Token;
  readonly mappings: Map<string, Mapping>;
}

export const windowOf = (page: number): number => page >> PMD_ORDER;
export const slotOf = (page: number): number => page & (PMD_PAGES - 1);

export function tableAt(mapping: Mapping, page: number): Table | undefined {
  return mapping.tables.get(windowOf(page));
}

/** The table of a page, made where there is none. */
export function makeTable(mapping: Mapping, page: number): Table {
  let table = tableAt(mapping, page);
  if (!table) mapping.tables.set(windowOf(page), (table = { pmd: undefined, ptes: undefined }));
  return table;
}

/** The page table of a page, made where there is none; the window must not be mapped by a PMD. */
export function makePtes(mapping: Mapping, page: number): (Entry | undefined)[] {
  const table = makeTable(mapping, page);
  return (table.ptes ??= Array.from<Entry | undefined>({ length: PMD_PAGES }));
}

export function setPte(mapping: Mapping, page: number, entry: Entry | undefined): void {
  makePtes(mapping, page)[slotOf(page)] = entry;
}

export function vmaAt(mapping: Mapping, page: number): Vma | undefined {
  return mapping.vmas.find((vma) => vma.start <= page && page < vma.end);
}

/** The VMA holds all pages that the PMD of a page maps. */
export function pmdFits(vma: Vma, page: number): boolean {
  const first = page - slotOf(page);
  return vma.start <= first && first + PMD_PAGES <= vma.end;
}

/** Mappings in order of address, as a walk over an address space sees them. */
export function inOrder(process: Process): Mapping[] {
  return [...process.mappings.values()].sort((a, b) => Number(a.base - b.base));
}
