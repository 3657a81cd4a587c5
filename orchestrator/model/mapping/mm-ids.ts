import type { Core } from './core.js';
import type { Process } from './tables.js';

/**
 * Which processes map a large folio, as far as it knows: two slots, and a bit for all that they do not say
 * (include/linux/rmap.h, CONFIG_MM_ID). A third process has no slot until one is free and it maps the folio again.
 */
export interface MmIds {
  /** The slot of a process; of `undefined` the first that is free. */
  slotOf(process: Process | undefined): number | undefined;
  setOwner(slot: number, process: Process | undefined): void;
  /** Mappings of the process in a slot, less one. */
  count(slot: number): number;
  setCount(slot: number, count: number): void;
  /** FOLIO_MM_IDS_SHARED_BIT */
  share(on: boolean): void;
}

const SLOTS = [0, 1];
const ID_MASK = 0x7fffffff;
/** Bit 31 of the second id. */
const SHARED = 0x80000000;

const idOf = (process: Process | undefined): number => (process ? Number(process.id.value) : 0);

/** Those of a device folio, in its second page. */
export class DeviceMmIds implements MmIds {
  readonly #core: Core;
  readonly #page: number;

  constructor(core: Core, head: number) {
    this.#core = core;
    this.#page = core.k.inChunk(head + 1);
  }

  /** Where the id of a slot is. */
  #at(slot: number): number {
    return this.#core.k.layout.at.mmIds + (slot << 2);
  }

  #countAt(slot: number): number {
    return this.#core.k.layout.at.mmIdMapcount + (slot << 2);
  }

  #word(slot: number): number {
    return this.#core.k.mem.get32(this.#page, this.#at(slot));
  }

  slotOf(process: Process | undefined): number | undefined {
    return SLOTS.find((slot) => (this.#word(slot) & ID_MASK) === idOf(process));
  }

  setOwner(slot: number, process: Process | undefined): void {
    this.#core.put32(this.#page, this.#at(slot), (this.#word(slot) & ~ID_MASK) | idOf(process), 'rmapIds');
  }

  count(slot: number): number {
    return this.#core.int(this.#page, this.#countAt(slot));
  }

  setCount(slot: number, count: number): void {
    this.#core.put32(this.#page, this.#countAt(slot), count, 'rmapIds');
  }

  share(on: boolean): void {
    const word = this.#word(1);
    this.#core.put32(this.#page, this.#at(1), on ? word | SHARED : word & ~SHARED, 'rmapIds');
  }
}

/** Those of a folio in RAM. */
export class RamMmIds implements MmIds {
  readonly #owners: (Process | undefined)[] = [];
  readonly #counts: number[] = [];
  shared = false;

  slotOf(process: Process | undefined): number | undefined {
    return SLOTS.find((slot) => this.#owners[slot] === process);
  }

  setOwner(slot: number, process: Process | undefined): void {
    this.#owners[slot] = process;
  }

  count(slot: number): number {
    return this.#counts[slot] as number;
  }

  setCount(slot: number, count: number): void {
    this.#counts[slot] = count;
  }

  share(on: boolean): void {
    this.shared = on;
  }
}

/** @param mapcount of the folio with the new mappings, less one */
export function addMappings(ids: MmIds, process: Process, by: number, mapcount: number): void {
  const own = ids.slotOf(process);
  if (own !== undefined) {
    ids.setCount(own, ids.count(own) + by);
    return;
  }
  const free = ids.slotOf(undefined);
  if (free === undefined) return;
  ids.setOwner(free, process);
  ids.setCount(free, by - 1);
  if (mapcount !== by - 1) ids.share(true);
}

/**
 * A process that got its slot late has fewer mappings there than it has. What is less than none then the kernel makes none, which
 * only a folio in RAM that loses many at once can come to.
 * @param mapcount of the folio without the mappings, less one
 */
export function removeMappings(ids: MmIds, process: Process, by: number, mapcount: number): void {
  const own = ids.slotOf(process);
  if (own !== undefined) {
    const left = ids.count(own) - by;
    ids.setCount(own, left);
    if (left >= 0) return;
    ids.setOwner(own, undefined);
  }
  if (SLOTS.some((slot) => ids.count(slot) === mapcount)) ids.share(false);
}
