import { hex, readField } from './chunk.js';
import type { ModelOp } from './oracle.js';
import type { ReadyHello, Request } from './protocol.js';
import type { Action } from './schema.js';
import type { Destination } from './user-memory.js';

/** How long somebody holds a lock where a scenario does not say it, in microseconds: longer than a fault takes under TCG. */
const LOCK_US = 20_000;

/**
 * Deadlines of one step in the guest, in milliseconds on a machine of scale 1: tens of times what a loaded machine needs
 * under TCG, and short, since a kernel that hangs in one case hangs in more.
 */
const DEADLINE_MS: Readonly<Record<Action['op'], number>> = {
  init: 2_000,
  unlock: 2_000,
  free: 2_000,
  reuse: 2_000,
  poke: 2_000,
  knobs: 2_000,
  evict: 4_000,
  fork: 4_000,
  exit: 4_000,
  mmap: 4_000,
  fill: 4_000,
  migrate: 4_000,
  touch: 4_000,
  verify: 4_000,
  munmap: 4_000,
  dontneed: 4_000,
  mprotect: 4_000,
  populate: 4_000,
  back: 4_000,
  insert: 4_000,
  race: 8_000,
  exclusive: 4_000,
  hmm: 6_000,
  pin: 4_000,
  unpin: 4_000,
  uffd: 4_000,
  cgroup: 4_000,
  swap: 6_000,
  mremap: 4_000,
  madvise: 4_000,
  mlock: 4_000,
  munlock: 4_000,
};

export function deadlineOf(action: Action): number {
  return DEADLINE_MS[action.op];
}

/** A step on page metadata in the words of the model; undefined for steps on user memory. */
export function modelOpOf(
  action: Action,
  hello: ReadyHello,
  bytes: Uint8Array,
): ModelOp | { readonly error: string } | undefined {
  switch (action.op) {
    case 'init': {
      const { pfn, order, unlock, rmappable, zdd } = action.args;
      return {
        op: 'init',
        pfn,
        order,
        unlock,
        rmappable: rmappable ?? true,
        ...(zdd === undefined ? {} : { zdd: BigInt(zdd) }),
      };
    }
    case 'unlock':
    case 'free':
      return { op: action.op, pfn: action.args.pfn, how: action.args.how };
    case 'poke':
      return pokeOf(action.args, hello, bytes);
    default:
      return undefined;
  }
}

/** A free whose callback makes another folio, as the two operations that it is for everybody but the core. */
export function reuseOps({
  pfn,
  how,
  to,
  order,
}: Extract<Action, { op: 'reuse' }>['args']): [ModelOp, ModelOp] {
  return [
    { op: 'free', pfn, how },
    { op: 'init', pfn: to, order, unlock: 'page', rmappable: true },
  ];
}

function pokeOf(
  args: Extract<Action, { op: 'poke' }>['args'],
  hello: ReadyHello,
  bytes: Uint8Array,
): ModelOp | { readonly error: string } {
  const { pfn } = args;
  if (args.byte !== undefined) {
    return { op: 'poke', pfn, byte: args.byte, size: args.size ?? 8, value: BigInt(args.value ?? 0) };
  }
  const name = args.field ?? 'page.flags';
  const place = hello.layout.fields[name];
  if (!place || place[0] >= 64) return { error: `the kernel under test has no ${name} in struct page` };
  const [byte, size] = place;
  if (args.set === undefined) return { op: 'poke', pfn, byte, size, value: BigInt(args.value ?? 0) };
  let value = readField(bytes, hello, pfn, name) ?? 0n;
  for (const flag of args.set) {
    const bit = hello.layout.flags[flag];
    if (bit === undefined) return { error: `the kernel under test has no ${flag}` };
    value |= 1n << BigInt(bit);
  }
  return { op: 'poke', pfn, byte, size, value };
}

/**
 * Counters are asked for where mappings begin and end: nothing is mapped before or after, and what is counted must be the same. They
 * cost more than most steps.
 */
const COUNTED = { counters: true };

/** The request for a step; `op` is its reading for the model, where it has one. */
export function requestOf(action: Action, op: ModelOp | undefined, seed: number): Request {
  if (op) {
    switch (op.op) {
      case 'init': {
        const { zdd, ...rest } = op;
        return { ...rest, ...(zdd === undefined ? {} : { zdd: hex(zdd) }) };
      }
      case 'poke':
        return { ...op, value: hex(op.value) };
      case 'unlock':
      case 'free':
        return { ...op };
    }
  }
  switch (action.op) {
    case 'knobs': {
      const { failLarge, failSmall, lingerUs, freeUs, lockPfn, lockUs, splitOp } = action.args;
      return {
        op: 'knobs',
        fail_large: failLarge,
        ...(failSmall === undefined ? {} : { fail_small: failSmall }),
        ...(lingerUs === undefined ? {} : { linger_us: lingerUs }),
        ...(freeUs === undefined ? {} : { free_us: freeUs }),
        ...(lockPfn === undefined ? {} : { lock_pfn: lockPfn, lock_us: lockUs ?? LOCK_US }),
        ...(splitOp === undefined ? {} : { split_op: splitOp }),
      };
    }
    case 'reuse':
      return { op: 'reuse', ...action.args };
    case 'evict': {
      const { pfn, pages, pfns } = action.args;
      if (pfns) return { op: 'evict', pfns };
      return { op: 'evict', pfn: pfn ?? 0, ...(pages === undefined ? {} : { n: pages }) };
    }
    case 'fork':
    case 'exit':
      return { op: action.op, child: action.args.child };
    case 'mmap':
      return {
        op: 'mmap',
        name: action.args.name,
        pages: action.args.pages,
        thp: action.args.thp ?? false,
        ...COUNTED,
      };
    case 'fill':
      return { op: 'fill', ...where(action.args), ...rangeOf(action.args), seed: action.args.seed };
    case 'verify':
      return { op: 'verify', ...where(action.args), seed };
    case 'migrate': {
      const { to, abort, fromDevice, stranger, held, owner } = action.args;
      return {
        op: 'migrate',
        ...where(action.args),
        to: destinationsOf(to),
        ...(abort === true ? { abort } : {}),
        ...(fromDevice === true ? { from_device: true } : {}),
        ...(stranger === true ? { stranger } : {}),
        ...(held === true ? { held } : {}),
        ...(owner === undefined ? {} : { owner }),
      };
    }
    case 'back': {
      const { owner, system } = action.args;
      return {
        op: 'back',
        ...where(action.args),
        ...rangeOf(action.args),
        ...(owner === undefined ? {} : { owner }),
        ...(system === true ? { system } : {}),
      };
    }
    case 'insert':
      return { op: 'insert', ...action.args, ...COUNTED };
    case 'touch': {
      const { page, pages, write } = action.args;
      return { op: 'touch', ...where(action.args), page, n: pages, write: write ?? false };
    }
    case 'munmap':
      return {
        op: 'munmap',
        ...where(action.args),
        ...rangeOf(action.args),
        ...(action.args.page === undefined ? COUNTED : {}),
      };
    case 'dontneed':
      return { op: 'madvise', ...where(action.args), advice: 'dontneed', ...rangeOf(action.args) };
    case 'mprotect':
      return { op: 'mprotect', ...where(action.args), prot: action.args.prot, ...rangeOf(action.args) };
    case 'race': {
      const { seed: start, spreadUs, threads } = action.args;
      return {
        op: 'race',
        seed: start,
        ...(spreadUs === undefined ? {} : { spread_us: spreadUs }),
        threads: threads.map(({ pages, ...one }) => ({
          ...one,
          ...(pages === undefined ? {} : { n: pages }),
        })),
      };
    }
    case 'populate':
      return { op: 'populate', ...action.args };
    case 'cgroup':
      return { op: 'cgroup', ...action.args };
    case 'swap': {
      const { on, hold, sync } = action.args;
      if (hold !== undefined) return { op: 'swap', hold };
      return { op: 'swap', on: on ?? true, ...(sync === undefined ? {} : { sync }), ...COUNTED };
    }
    case 'exclusive':
      return { op: 'exclusive', ...where(action.args), ...rangeOf(action.args) };
    case 'hmm': {
      const { fault, stranger, owner } = action.args;
      return {
        op: 'hmm',
        ...where(action.args),
        ...rangeOf(action.args),
        ...(fault === undefined ? {} : { fault }),
        ...(stranger === true ? { stranger } : {}),
        ...(owner === undefined ? {} : { owner }),
      };
    }
    case 'pin':
      return {
        op: 'pin',
        ...where(action.args),
        ...rangeOf(action.args),
        ...(action.args.write === true ? { write: true } : {}),
        ...(action.args.pipe === true ? { pipe: true } : {}),
      };
    case 'unpin':
      return { op: 'unpin' };
    case 'uffd':
      return { op: 'uffd', ...action.args };
    case 'mremap':
      return { op: 'mremap', ...action.args };
    case 'madvise':
      return { op: 'madvise', ...where(action.args), advice: action.args.advice, ...rangeOf(action.args) };
    case 'mlock': {
      const { onfault } = action.args;
      return {
        op: 'mlock',
        ...where(action.args),
        ...rangeOf(action.args),
        ...(onfault === true ? { onfault } : {}),
      };
    }
    case 'munlock':
      return { op: 'munlock', ...where(action.args), ...rangeOf(action.args) };
    default:
      throw new RangeError(`${action.op} is a step for the model`);
  }
}

/** Entries of a migration, one for each folio. */
export function destinationsOf(
  to: readonly {
    readonly page: number;
    readonly pfn: number;
    readonly order: number;
    readonly count?: number | undefined;
    readonly every?: number | undefined;
  }[],
): Destination[] {
  return to.flatMap(({ page, pfn, order, count = 1, every = 1 }) =>
    Array.from({ length: Math.ceil(count / every) }, (_, index) => ({
      page: page + index * every * 2 ** order,
      pfn: pfn + index * every * 2 ** order,
      order,
    })),
  );
}

function where(args: { readonly name: string; readonly in?: string | undefined }): Record<string, string> {
  return { name: args.name, ...(args.in === undefined ? {} : { in: args.in }) };
}

/** Members for the pages that a step names; none where it names all. */
function rangeOf({
  page,
  pages,
  every = 1,
}: {
  readonly page?: number | undefined;
  readonly pages?: number | undefined;
  readonly every?: number;
}): Record<string, number> {
  if (page === undefined) return every > 1 ? { every } : {};
  return { page, n: pages ?? 1, ...(every > 1 ? { every } : {}) };
}
