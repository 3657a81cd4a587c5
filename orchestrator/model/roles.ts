/**
 * What each page was last made to be, from the operations alone: what the bytes should mean, whatever they are.
 */

export const ROLES = ['fresh', 'order0', 'head', 'tail1', 'tail2', 'tail'] as const;
export type Role = (typeof ROLES)[number];

/** Role of page `index` of a folio of `order`. */
export function roleIn(order: number, index: number): Role {
  return ROLES[roleNumber(order, index)] as Role;
}

function roleNumber(order: number, index: number): number {
  if (order === 0) return 1;
  return 2 + Math.min(index, 3);
}

export interface Folio {
  readonly pfn: number;
  readonly order: number;
}

/** A folio that came to life or was freed. */
export type FolioEvent = Folio & { readonly live: boolean };

/** What pages were at a moment. */
export interface PastRoles {
  role(page: number): Role;
  folio(page: number): Folio;
}

/** 0, 1, 2, …: made once for each size. */
const COUNTS = new Map<number, Int32Array>();
function upTo(n: number): Int32Array {
  const known = COUNTS.get(n) ?? Int32Array.from({ length: n }, (_, i) => i);
  COUNTS.set(n, known);
  return known;
}

export class RoleMap {
  readonly pages: number;
  readonly #role: Uint8Array;
  readonly #order: Uint8Array;
  readonly #live: Uint8Array;
  readonly #head: Int32Array;
  /** Serial number of the folio a page was last part of; differs from its head's where the head has moved on. */
  readonly #folio: Uint32Array;
  #serial = 0;
  #used = 0;

  constructor(pages: number) {
    this.pages = pages;
    this.#role = new Uint8Array(pages);
    this.#order = new Uint8Array(pages);
    this.#live = new Uint8Array(pages);
    this.#head = new Int32Array(pages);
    this.#folio = new Uint32Array(pages);
    this.reset();
  }

  reset(): void {
    this.#used = 0;
    this.#role.fill(0);
    this.#order.fill(0);
    this.#live.fill(0);
    this.#head.set(upTo(this.pages));
  }

  /** The roles as they are now, for who wants to look back. */
  copy(): RoleMap {
    const copy = new RoleMap(this.pages);
    copy.#role.set(this.#role);
    copy.#order.set(this.#order);
    copy.#live.set(this.#live);
    copy.#head.set(this.#head);
    copy.#folio.set(this.#folio);
    copy.#serial = this.#serial;
    copy.#used = this.#used;
    return copy;
  }

  /** A folio of 2^order pages comes to life at `pfn`. */
  init(pfn: number, order: number): void {
    const end = pfn + (1 << order);
    this.#serial++;
    this.#used = Math.max(this.#used, end);
    this.#role.fill(5, pfn, end);
    for (let i = 0; i < 3 && pfn + i < end; i++) this.#role[pfn + i] = roleNumber(order, i);
    this.#order.fill(order, pfn, end);
    this.#live.fill(1, pfn, end);
    this.#head.fill(pfn, pfn, end);
    this.#folio.fill(this.#serial, pfn, end);
  }

  /** The folio whose first page is `pfn` dies; its pages keep their roles. */
  free(pfn: number): void {
    this.#live.fill(0, pfn, pfn + (1 << this.order(pfn)));
  }

  /** The folio whose first page is `pfn` is split: every page of it is a live folio of order 0. */
  split(pfn: number): void {
    const end = pfn + (1 << this.order(pfn));
    for (let page = pfn; page < end; page++) this.init(page, 0);
  }

  /** What code outside the model did to folios, in order. */
  follow(folios: readonly FolioEvent[]): void {
    for (const { pfn, order, live } of folios)
      if (live) this.init(pfn, order);
      else this.free(pfn);
  }

  /** The roles and folios as they are now, whatever becomes of the pages later. */
  snapshot(): PastRoles {
    const [role, order, head] = [this.#role.slice(), this.#order.slice(), this.#head.slice()];
    return {
      role: (page) => ROLES[role[page] as number] as Role,
      folio: (page) => ({ pfn: head[page] as number, order: order[page] as number }),
    };
  }

  role(page: number): Role {
    return ROLES[this.#role[page] as number] as Role;
  }

  /** Order of the folio the page was last part of; 0 for a fresh page. */
  order(page: number): number {
    return this.#order[page] as number;
  }

  live(page: number): boolean {
    return this.#live[page] === 1;
  }

  /** Pages up to the last one that is not fresh. */
  get used(): number {
    return this.#used;
  }

  /** First page of the folio the page was last part of; its own number for a fresh page. */
  head(page: number): number {
    return this.#head[page] as number;
  }

  folio(page: number): Folio {
    return { pfn: this.#head[page] as number, order: this.order(page) };
  }

  /** A tail whose old head has been made into something else since: it names a page that is no head of its own. */
  dead(page: number): boolean {
    return this.#folio[page] !== this.#folio[this.#head[page] as number];
  }

  /** For a reader: `tail1`, `free tail1`, `dead tail1`, `fresh`. */
  describe(page: number): string {
    const role = this.role(page);
    if (role === 'fresh' || this.live(page)) return role;
    return `${this.dead(page) ? 'dead' : 'free'} ${role}`;
  }
}
