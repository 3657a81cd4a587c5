import type { Machine } from '../../../orchestrator/model/machine.js';
import { PAGE_BYTES } from '../../../orchestrator/scenario/chunk.js';
import type { Callback, MapRun, Reply, Request } from '../../../orchestrator/scenario/protocol.js';

interface FakeFolio {
  readonly pfn: number;
  readonly order: number;
  /** Page of the mapping that its first page holds. */
  readonly page: number;
  readonly mapped: Set<number>;
}

interface FakeMapping {
  readonly pages: number;
  readonly gone: Set<number>;
  folios: FakeFolio[];
}

/** PG_anon_exclusive: bit 11 of the flags. */
const EXCLUSIVE = { byte: 1, bit: 8 } as const;
/** PG_uptodate: bit 3 of the flags. */
const UPTODATE = 8n;
/** PG_swapbacked: bit 17 of the flags. */
const SWAPBACKED = { byte: 2, bit: 2 } as const;
const INFO = 8;
const MAPPING = 24;
const INDEX = 32;
const MAPCOUNT = 48;
const REFCOUNT = 52;
const MEMCG = 56;
/** In page 1 of a large folio. */
const LARGE_MAPCOUNT = 16;
const ENTIRE_MAPCOUNT = 24;
const ANON_VMA = 0xffff888000dc0961n;
const OBJCG = 0xffff888000190080n;
const FIRST_INDEX = 0x7fb85de00n;
const UNMAPPED = 0xffffffffn;

/**
 * User memory of the fake guest: what KERNEL-FACTS §2 says of migration and split, as far as the checks look. Struct
 * pages are written by the model's init and free, a split by hand.
 */
export class FakeMemory {
  /** References beyond those that the model counts (after a split it counts the pieces as one folio). */
  refs = 0;
  /** Pages that the next verify finds with other data. */
  corrupt: number[] = [];
  /** What the kernel does wrong in the next steps, by hand. */
  spoil:
    | ((request: Request, put: (pfn: number, byte: number, size: number, value: bigint) => void) => void)
    | undefined;
  readonly #maps = new Map<string, FakeMapping>();
  readonly #machine: Machine;
  readonly #pgmap: bigint;
  readonly #splitCallbackLost: boolean;
  #cb: Callback[] = [];

  constructor(machine: Machine, pgmap: bigint, splitCallbackLost: boolean) {
    this.#machine = machine;
    this.#pgmap = pgmap;
    this.#splitCallbackLost = splitCallbackLost;
  }

  clear(): void {
    this.#maps.clear();
    this.refs = 0;
  }

  answer(request: Request): Reply {
    const reply = this.#withMaps(request, this.#answer(request));
    this.spoil?.(request, (pfn, byte, size, value) => this.#put(pfn, byte, size, value));
    return reply;
  }

  #withMaps(request: Request, reply: Reply): Reply {
    const asked = request['map'] as readonly string[] | undefined;
    if (!reply.ok || asked === undefined) return reply;
    const found = asked.flatMap((name) => {
      const mapping = this.#maps.get(name);
      return mapping ? [[name, runs(mapping)] as const] : [];
    });
    return { ...reply, maps: Object.fromEntries(found) };
  }

  #answer(request: Request): Reply {
    this.#cb = [];
    const name = String(request['name']);
    if (request.op === 'mmap') {
      this.#maps.set(name, { pages: Number(request['pages']), gone: new Set(), folios: [] });
      return { ok: true };
    }
    const mapping = this.#maps.get(name);
    if (!mapping) return { ok: false, errno: 'ENOENT', error: `no mapping "${name}"` };
    const page = Number(request['page'] ?? 0);
    switch (request.op) {
      case 'fill':
      case 'madvise':
        return { ok: true };
      case 'migrate':
        return this.#migrate(mapping, request['to'] as { page: number; pfn: number; order: number }[]);
      case 'touch':
        return this.#back(mapping, page, Number(request['n']));
      case 'verify': {
        const reply = this.#back(mapping, 0, mapping.pages);
        const bad = this.corrupt.map((at) => ({ page: at, word: 0, expected: '0x1', found: '0x2' }));
        return { ...reply, bad, bad_pages: bad.length };
      }
      case 'munmap': {
        this.#unmap(mapping, page, Number(request['n'] ?? mapping.pages));
        if (request['n'] === undefined) this.#maps.delete(name);
        return { ok: true, cb: this.#cb };
      }
      case 'usermap':
        return { ok: true, pages: runs(mapping) };
      default:
        return { ok: false, errno: 'EINVAL', error: `unknown op ${request.op}` };
    }
  }

  #migrate(mapping: FakeMapping, to: readonly { page: number; pfn: number; order: number }[]): Reply {
    for (const { page, pfn, order } of to) {
      this.#machine.apply({ op: 'init', pfn, order, unlock: 'page', rmappable: true });
      const mapped = new Set(Array.from({ length: 2 ** order }, (_, index) => page + index));
      const folio = { page, pfn, order, mapped };
      mapping.folios.push(folio);
      this.#put(pfn, 0, 1, BigInt(this.#machine.bytes[pfn * PAGE_BYTES] ?? 0) | UPTODATE);
      this.#swapbacked(pfn, true);
      this.#put(pfn, MAPPING, 8, ANON_VMA);
      this.#put(pfn, INDEX, 8, FIRST_INDEX + BigInt(page));
      this.#put(pfn, MEMCG, 8, OBJCG);
      this.#count(folio);
    }
    return { ok: true, migrated: to.reduce((sum, { order }) => sum + 2 ** order, 0), cb: [] };
  }

  #back(mapping: FakeMapping, first: number, count: number): Reply {
    for (let page = first; page < first + count; page += 1) {
      const folio = mapping.folios.find((one) => one.mapped.has(page));
      if (!folio) continue;
      this.#cb.push({ fn: 'migrate_to_ram', pfn: folio.pfn + page - folio.page, order: folio.order });
      if (folio.order === 0 || folio.mapped.size === 2 ** folio.order) this.#free(mapping, folio);
      else this.#split(mapping, folio, page);
    }
    return { ok: true, cb: this.#cb };
  }

  #unmap(mapping: FakeMapping, first: number, count: number): void {
    for (let page = first; page < first + count; page += 1) {
      mapping.gone.add(page);
      const folio = mapping.folios.find((one) => one.mapped.has(page));
      if (!folio) continue;
      folio.mapped.delete(page);
      if (folio.mapped.size === 0) this.#free(mapping, folio);
    }
    for (const folio of mapping.folios) this.#count(folio);
  }

  /** References and mapcounts of a folio by what maps it. */
  #count({ pfn, order, page, mapped }: FakeFolio): void {
    const whole = mapped.size === 2 ** order;
    const mappings = order === 0 || !whole ? mapped.size : mapped.size === 0 ? 0 : 1;
    const less = BigInt.asUintN(32, BigInt(mappings) - 1n);
    this.#put(pfn, REFCOUNT, 4, BigInt(mappings));
    // One PMD has the flag in the head, PTEs each have it in their page.
    if (whole) this.#exclusive(pfn);
    else for (const at of mapped) this.#exclusive(pfn + at - page);
    if (order === 0) return this.#put(pfn, MAPCOUNT, 4, less);
    this.#put(pfn + 1, LARGE_MAPCOUNT, 4, less);
    this.#put(pfn + 1, ENTIRE_MAPCOUNT, 4, whole && mappings > 0 ? 0n : UNMAPPED);
  }

  #free(mapping: FakeMapping, folio: FakeFolio): void {
    mapping.folios = mapping.folios.filter((one) => one !== folio);
    folio.mapped.clear();
    this.#count(folio);
    this.#put(folio.pfn, REFCOUNT, 4, 1n);
    // Uncharged as by __folio_put(); the model's free would follow the address.
    this.#put(folio.pfn, MEMCG, 8, 0n);
    // A kernel leaves it, which is a known issue and no matter of these tests.
    this.#swapbacked(folio.pfn, false);
    const { callbacks } = this.#machine.apply({ op: 'free', pfn: folio.pfn });
    this.#cb.push(...callbacks);
  }

  /** The folio becomes order-0 folios; the faulting page and those that nobody maps are freed. */
  #split(mapping: FakeMapping, folio: FakeFolio, faulting: number): void {
    mapping.folios = mapping.folios.filter((one) => one !== folio);
    const size = 2 ** folio.order;
    for (let index = 0; index < size; index += 1) {
      const page = folio.page + index;
      const pfn = folio.pfn + index;
      const stays = folio.mapped.has(page) && page !== faulting;
      const callback = !this.#splitCallbackLost;
      if (callback) this.#cb.push({ fn: 'folio_split', pfn: folio.pfn, order: 0 });
      // Flags below PG_reserved, then mapping, index, private and memcg_data: those of the head.
      this.#put(pfn, 0, 1, UPTODATE);
      if (stays) this.#exclusive(pfn);
      else this.#put(pfn, EXCLUSIVE.byte, 1, BigInt(this.#flags(pfn) & ~EXCLUSIVE.bit));
      this.#swapbacked(pfn, stays);
      this.#put(pfn, MAPPING, 8, stays ? ANON_VMA : 0n);
      this.#put(pfn, INDEX, 8, FIRST_INDEX + BigInt(page));
      this.#put(pfn, 40, 8, 0n);
      this.#put(pfn, MEMCG, 8, stays ? OBJCG : 0n);
      this.#put(pfn, MAPCOUNT, 4, stays ? 0n : UNMAPPED);
      this.#put(pfn, INFO, 8, callback || index === 0 ? this.#pgmap : 0n);
      this.#put(pfn, REFCOUNT, 4, stays ? 1n : 0n);
      if (stays) mapping.folios.push({ page, pfn, order: 0, mapped: new Set([page]) });
      else this.#cb.push({ fn: 'folio_free', pfn, order: 0 });
      this.#machine.roles.init(pfn, 0);
      if (!stays) this.refs -= 1;
    }
  }

  #flags(pfn: number): number {
    return this.#machine.bytes[pfn * PAGE_BYTES + EXCLUSIVE.byte] ?? 0;
  }

  #exclusive(pfn: number): void {
    this.#put(pfn, EXCLUSIVE.byte, 1, BigInt(this.#flags(pfn) | EXCLUSIVE.bit));
  }

  #swapbacked(pfn: number, set: boolean): void {
    const now = this.#machine.bytes[pfn * PAGE_BYTES + SWAPBACKED.byte] ?? 0;
    this.#put(pfn, SWAPBACKED.byte, 1, BigInt(set ? now | SWAPBACKED.bit : now & ~SWAPBACKED.bit));
  }

  #put(pfn: number, byte: number, size: number, value: bigint): void {
    this.#machine.apply({ op: 'poke', pfn, byte, size, value });
  }
}

function runs(mapping: FakeMapping): MapRun[] {
  return Array.from({ length: mapping.pages }, (_, page): MapRun => {
    const folio = mapping.folios.find((one) => one.mapped.has(page));
    if (folio) return { page, n: 1, state: 'device', pfn: folio.pfn + page - folio.page };
    return { page, n: 1, state: mapping.gone.has(page) ? 'none' : 'ram' };
  });
}
