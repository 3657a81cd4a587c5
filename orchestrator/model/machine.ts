import { wordsOf } from './compare.js';
import { LayoutError } from './layout.js';
import { Kernel } from './kernel.js';
import type { Place } from './kernel.js';
import { WRITERS_MAX } from './memory.js';
import type { UserEffects, UserOperation } from './mapping/operation.js';
import { UserMemory } from './mapping/user.js';
import type { Answer } from './mapping/user.js';
import type { UserState } from './mapping/state.js';
import { splitFolio } from './mapping/split.js';
import type { Memory } from './memory.js';
import type { Operation } from './operation.js';
import { initFolio } from './init.js';
import { putFolio, putPage, unlockFolio } from './free.js';
import { RoleMap, roleIn } from './roles.js';
import type { Folio, PastRoles, Role } from './roles.js';
import { freshChunk } from './steps/fresh.js';
import { Trap } from './traps.js';
import type { End, Splat } from './traps.js';
import { writerOf } from './writers.js';
import type { Variant } from './variant.js';

export interface MachineOptions {
  /** Keep the last writer of every byte. */
  readonly provenance?: boolean;
}

/** Who wrote a byte last. */
export interface Origin {
  readonly step: number;
  readonly fn: string;
  /** The field as the writer meant it; empty where it wrote the whole page. */
  readonly field: string;
  /** The folio that the writing step was about, and the page's role in it. */
  readonly folio?: Folio;
  readonly role: Role;
}

/** What a machine takes: operations on page metadata and on user memory. */
export type MachineOperation = Operation | UserOperation;

/** Operations that are about the folio at a page. */
type FolioOperation = Exclude<Operation, { op: 'reset' }> | Extract<UserOperation, { op: 'split' }>;

const aboutFolio = (op: MachineOperation): op is FolioOperation =>
  ['init', 'unlock', 'free', 'poke', 'split'].includes(op.op);

/**
 * The flags word of a fresh page: as told, or zone and PG_reserved by the layout.
 * @throws LayoutError where neither says it
 */
function freshFlagsOf({ layout, freshFlags }: Place): bigint {
  if (freshFlags !== undefined) return freshFlags;
  if (layout.zoneDevice === undefined)
    throw new LayoutError('consts.zone_device', 'missing, and no flags word of a fresh page was given');
  const zone = BigInt(layout.zoneDevice) << BigInt(layout.zonesShift);
  return zone | (1n << BigInt(layout.flags['PG_reserved'] as number));
}

/** A kernel with one variant of the init and free paths: applies operations to bytes and says what else happens. */
export class Machine {
  readonly variant: Variant;
  readonly roles: RoleMap;
  readonly #kernel: Kernel;
  /** Per step: the folio it was about. Kept with provenance only. */
  #folios: (Folio | undefined)[] = [];
  /** Per step on user memory: what each page was after it. Kept with provenance only. */
  readonly #pasts = new Map<number, PastRoles>();
  #user: UserMemory | undefined;
  #userLost = false;
  #stopped = false;

  constructor(variant: Variant, place: Place, options: MachineOptions = {}) {
    const freshFlags = freshFlagsOf(place);
    this.variant = variant;
    this.roles = new RoleMap(place.pages);
    this.#kernel = new Kernel(place, freshFlags, options.provenance ?? false);
    freshChunk(this.#kernel);
  }

  /** The struct pages as this kernel would hold them; a view, not a copy. */
  get bytes(): Uint8Array {
    return this.#kernel.mem.bytes;
  }

  /** For a search that goes from state to state: it saves and restores the pages that were touched by itself. */
  get memory(): Memory {
    return this.#kernel.mem;
  }

  /**
   * Goes back to an earlier state whose bytes the caller has put into `memory`; a crash or hang since then is undone.
   * `roles` and provenance are not taken back.
   * @param refs pgmap references of that state
   */
  rewind(refs: number): void {
    this.#kernel.refs = refs;
    this.#stopped = false;
  }

  /** pgmap references relative to no live folio. */
  get refs(): number {
    return this.#kernel.refs;
  }

  /** It knows the last writer of every byte. */
  get provenance(): boolean {
    return this.#kernel.mem.stamps !== undefined;
  }

  /** Crashed, hung or past what the model has: no further operation is possible but `reset`, which stands for a new boot. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * Applies one operation.
   * @param step number for provenance; default: counted from 1
   * @throws RangeError for pages outside the chunk; Error after a crash or hang
   */
  apply(op: MachineOperation, step = this.#kernel.step + 1): UserEffects {
    const k = this.#kernel;
    if (this.#stopped && op.op !== 'reset')
      throw new Error('the modelled kernel has crashed or hung, or the model does not know it any more');
    if (aboutFolio(op)) this.#checkRange(op.pfn, op.op === 'init' ? op.order : 0);
    k.step = step;
    k.callbacks = [];
    k.warnings = [];
    let trap: { [end in End]?: Splat } = {};
    let answer: Answer = {};
    try {
      answer = this.#run(op);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.#stopped = true;
      trap = { [error.kind]: error.splat };
    }
    if (k.mem.stamps) this.#remember(op, step);
    return { callbacks: k.callbacks, refs: k.refs, warnings: k.warnings, ...answer, ...trap };
  }

  /** A step on user memory is about many folios: the roles after it say what each page was. */
  #remember(op: MachineOperation, step: number): void {
    if (aboutFolio(op)) this.#folios[step] = this.#folioOf(op);
    else if (op.op !== 'reset') this.#pasts.set(step, this.roles.snapshot());
  }

  #folioOf(op: MachineOperation): Folio | undefined {
    return !aboutFolio(op) || this.roles.role(op.pfn) === 'fresh' ? undefined : this.roles.folio(op.pfn);
  }

  #checkRange(pfn: number, order: number): void {
    if (!Number.isInteger(pfn) || pfn < 0 || pfn + 2 ** order > this.roles.pages)
      throw new RangeError(`pages ${pfn}..${pfn + 2 ** order - 1} are not in a chunk of ${this.roles.pages}`);
  }

  #run(op: MachineOperation): Answer {
    if (op.op === 'reset') this.#reset();
    else if (aboutFolio(op)) this.#runOnFolio(op);
    else return this.#users().apply(op);
    return {};
  }

  #users(): UserMemory {
    return (this.#user ??= new UserMemory(this.#kernel, this.roles, this.variant));
  }

  /** The user memory over these pages. */
  get user(): UserState {
    return this.#users();
  }

  /** Whether `user` is what the guest's page tables are, as far as the model can know. */
  get followsUser(): boolean {
    return !this.#userLost;
  }

  /** Something was done to user memory that the model does not know: from here on bytes alone are followed. */
  forgetUser(): void {
    this.#userLost = true;
    this.#user = undefined;
  }

  /** Takes the guest's values for addresses and ids that only the guest knows; before the bytes are compared. */
  bind(guest: Uint8Array): void {
    this.#user?.bind(guest);
  }

  #reset(): void {
    const k = this.#kernel;
    k.refs = 0;
    k.stats.reset();
    this.#user = undefined;
    this.#userLost = false;
    this.#stopped = false;
    // Numbers of steps may begin anew with the boot.
    this.#folios = [];
    this.#pasts.clear();
    this.roles.reset();
    freshChunk(k);
  }

  #runOnFolio(op: FolioOperation): void {
    const k = this.#kernel;
    switch (op.op) {
      case 'init':
        return this.#init(op);
      case 'unlock':
        return unlockFolio(k, op.how === 'folio' ? op.pfn : k.pageFolio(op.pfn));
      case 'free':
        this.roles.free(op.pfn);
        return op.how === 'folio'
          ? putFolio(k, op.pfn, this.variant.free)
          : putPage(k, op.pfn, this.variant.free);
      case 'poke':
        return this.#poke(op.pfn, op.byte, op.size, op.value);
      case 'split':
        return splitFolio(k, this.roles, op.pfn, op.driver ?? 'pgmap');
    }
  }

  #init(op: Operation & { op: 'init' }): void {
    const k = this.#kernel;
    const { pfn } = op;
    initFolio(k, this.roles, this.variant, op);
    if (op.zdd !== undefined) {
      const lo = Number(op.zdd & 0xffffffffn);
      k.mem.fill64(
        pfn,
        1,
        k.layout.at.zoneDeviceData,
        lo,
        Number((op.zdd >> 32n) & 0xffffffffn),
        k.by('zdd'),
      );
    }
    if (op.unlock !== 'none') unlockFolio(k, op.unlock === 'folio' ? pfn : k.pageFolio(pfn));
  }

  #poke(pfn: number, byte: number, size: number, value: bigint): void {
    const k = this.#kernel;
    if (byte < 0 || byte + size > 64)
      throw new RangeError(`bytes ${byte}..${byte + size - 1} are not in a struct page`);
    for (let i = 0; i < size; i++)
      k.mem.poke(pfn, byte + i, Number((value >> BigInt(8 * i)) & 0xffn), k.by('poke'));
  }

  /**
   * Takes over bytes that code outside the model has written (migration, faults), so that later steps are predicted from
   * what is there. Bytes that agree keep their provenance. A machine that had crashed or hung goes on from there.
   * @param bytes the guest's struct pages
   * @param refs pgmap references the guest holds
   */
  resync(bytes: Uint8Array, refs: number, step = this.#kernel.step + 1): void {
    const k = this.#kernel;
    k.step = step;
    const stamp = k.by('resync');
    this.#stopped = false;
    const words = wordsOf(bytes);
    for (let word = 0; word < words.length; word++) {
      if (words[word] === k.mem.words[word]) continue;
      const byte = word * 4;
      for (const i of [byte, byte + 1, byte + 2, byte + 3])
        k.mem.poke(i >> 6, i & 63, bytes[i] as number, stamp);
    }
    k.refs = refs;
  }

  /** Last writer of a byte, or of one bit (0..7) of it for flags; undefined without provenance. */
  origin(page: number, byte: number, bit?: number): Origin | undefined {
    const stamp = this.#kernel.mem.lastStamp(page, byte, bit);
    if (stamp === undefined) return undefined;
    const step = Math.floor(stamp / WRITERS_MAX);
    const writer = writerOf(stamp % WRITERS_MAX);
    const past = this.#pasts.get(step);
    if (past) return { step, ...writer, folio: past.folio(page), role: past.role(page) };
    const folio = this.#folios[step];
    const inside = folio && page >= folio.pfn && page < folio.pfn + (1 << folio.order);
    return {
      step,
      ...writer,
      ...(folio && { folio }),
      role: inside ? roleIn(folio.order, page - folio.pfn) : folio ? this.roles.role(page) : 'fresh',
    };
  }
}
