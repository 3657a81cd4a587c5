import type { MigrateEntry, UserOperation } from '../model/mapping/operation.js';
import type { ReadyHello, Reply, Request } from './protocol.js';

type Args = Readonly<Record<string, unknown>>;

const integer = (args: Args, key: string): number | undefined => {
  const value = args[key];
  return value === undefined ? undefined : Number(value);
};

const text = (args: Args, key: string): string | undefined => {
  const value = args[key];
  return typeof value === 'string' ? value : undefined;
};

/** Pages that a mapping of a process was made with; no process: the one that makes mappings. */
export type Sizes = (mapping: string, process?: string) => number | undefined;

/**
 * What a request to the agent does to user memory, in the words of the model (docs/agent-protocol.md); nothing for one
 * that changes none. Undefined where the model has no words for it.
 */
export function userOpsOf(
  request: Request,
  reply: Reply,
  hello: ReadyHello,
  sizes: Sizes,
): readonly UserOperation[] | undefined {
  const args: Args = request;
  const name = text(args, 'name') ?? '';
  const child = text(args, 'in');
  const process = child === undefined ? {} : { process: child };
  const page = integer(args, 'page') ?? 0;
  const rest = (): number => (sizes(name, child) ?? 0) - page;
  const access = (count: number, write: boolean, data: boolean): readonly UserOperation[] => [
    { op: 'access', name, page, count, write, data, ...process },
  ];
  switch (args['op']) {
    case 'mmap': {
      const address = reply.addr;
      return [
        {
          op: 'mmap',
          name,
          pages: integer(args, 'pages') ?? 0,
          thp: args['thp'] === true,
          ...(address !== undefined && { address: BigInt(address) }),
        },
      ];
    }
    case 'fill':
      return access(integer(args, 'n') ?? rest(), true, true);
    case 'verify':
      return access(integer(args, 'n') ?? rest(), false, false);
    case 'touch':
      return access(integer(args, 'n') ?? 1, args['write'] === true, false);
    case 'migrate':
      if (args['from_device'] === true || args['held'] === true) return undefined;
      // Of pages that CPUs reach the model knows nothing.
      if (destinations(args['to']).some(({ pfn }) => pfn >= hello.chunk.pages)) return undefined;
      return [
        {
          op: 'migrate',
          name,
          to: destinations(args['to']),
          compound: args['compound'] !== false,
          abort: args['abort'] === true,
          ...process,
        },
      ];
    case 'munmap':
    case 'mprotect':
    case 'madvise':
      // Of other advice the model has no words.
      if (args['op'] === 'madvise' && args['advice'] !== 'dontneed') return undefined;
      return ranges(args, page, rest).flatMap((range) => change(args, { name, ...range, ...process }));
    case 'fork':
      return [{ op: 'fork', child: text(args, 'child') ?? '' }];
    case 'exit':
      return [{ op: 'exit', process: text(args, 'child') ?? '' }];
    case 'evict': {
      const pfns = args['pfns'];
      const pages = Array.isArray(pfns) ? pfns.map(Number) : [integer(args, 'pfn') ?? 0];
      if (pages.some((pfn) => pfn >= hello.chunk.pages)) return undefined;
      if (Array.isArray(pfns)) return [{ op: 'evict', pfns: pfns.map(Number) }];
      const pfn = integer(args, 'pfn') ?? 0;
      return [{ op: 'evict', pfn, count: integer(args, 'n') ?? hello.chunk.pages - pfn }];
    }
    case 'knobs': {
      if (args['fail_small'] !== undefined) return undefined;
      const split = args['split_op'];
      return [
        {
          op: 'knobs',
          failLarge: integer(args, 'fail_large') ?? 0,
          ...(typeof split === 'boolean' && { split: split ? 'pgmap' : 'absent' }),
        },
      ];
    }
    // Nothing is in swap yet.
    case 'swap':
      return args['on'] === false ? undefined : [];
    case 'usermap':
    case 'dump':
    case 'observe':
    case 'counters':
    case 'charge':
    case 'reseed':
      return [];
    default:
      return undefined;
  }
}

function destinations(to: unknown): MigrateEntry[] {
  if (!Array.isArray(to)) return [];
  return (to as Args[]).map((one) => ({
    page: integer(one, 'page') ?? 0,
    pfn: integer(one, 'pfn') ?? 0,
    order: integer(one, 'order') ?? 0,
  }));
}

interface Pages {
  readonly page: number;
  readonly count: number;
}

/** One range, or with `every` above 1 single pages. */
function ranges(args: Args, page: number, rest: () => number): Pages[] {
  const count = integer(args, 'n') ?? rest();
  const every = integer(args, 'every') ?? 1;
  if (every <= 1) return [{ page, count }];
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => ({ page: page + i * every, count: 1 }));
}

function change(
  args: Args,
  range: Pages & { readonly name: string; readonly process?: string },
): UserOperation[] {
  if (args['op'] === 'munmap') return [{ op: 'munmap', ...range }];
  if (args['op'] === 'madvise') return [{ op: 'dontneed', ...range }];
  const access = { none: 'none', r: 'read', rw: 'write' } as const;
  const prot = args['prot'];
  return prot === 'none' || prot === 'r' || prot === 'rw'
    ? [{ op: 'mprotect', ...range, access: access[prot] }]
    : [];
}
