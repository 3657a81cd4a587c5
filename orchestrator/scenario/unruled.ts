import type { Reply } from './protocol.js';
import { pagesNamed } from './mappings.js';
import type { Mapping } from './mappings.js';
import { destinationsOf } from './request.js';
import type { Action } from './schema.js';
import type { Destination } from './user-memory.js';

/** Steps on device pages alone. */
const ON_DEVICE_PAGES = ['init', 'unlock', 'free', 'reuse', 'poke', 'knobs'] as const;

/** Steps on the memory of processes, and what else the model of single folios does not follow. */
export type UserAction = Exclude<Action, { op: (typeof ON_DEVICE_PAGES)[number] }>;

export function isUserAction(action: Action): action is UserAction {
  return !ON_DEVICE_PAGES.some((op) => op === action.op);
}

/** Steps of which no rule of migration says what becomes of the pages. */
const UNRULED = [
  'populate',
  'race',
  'back',
  'insert',
  'exclusive',
  'hmm',
  'pin',
  'unpin',
  'uffd',
  'cgroup',
  'swap',
  'mremap',
  'madvise',
  'mlock',
  'munlock',
] as const satisfies readonly UserAction['op'][];
export type RuledAction = Exclude<UserAction, { op: (typeof UNRULED)[number] }>;

export function rulesFor(action: UserAction): action is RuledAction {
  if (action.op === 'migrate') return action.args.fromDevice !== true && action.args.held !== true;
  return !UNRULED.some((op) => op === action.op);
}

/** Bit of `src` of a migration: the destination was initialised. */
const INITIALISED = 16;

/** Destinations of a migration that the driver initialised; all of them where the agent does not say. */
export function initialised(action: UserAction, reply: Reply): readonly Destination[] {
  if (action.op === 'race') return action.args.threads.flatMap(destinationsIn);
  if (action.op !== 'migrate') return [];
  const state = (index: number): unknown => reply.src?.[index] ?? INITIALISED;
  return destinationsOf(action.args.to).filter((_, index) => (Number(state(index)) & INITIALISED) !== 0);
}

/** Device pages that a thread of a race may initialise. */
function destinationsIn({
  do: what,
  page = 0,
  pages = 1,
  pfn = 0,
  order = 0,
}: Extract<Action, { op: 'race' }>['args']['threads'][number]): Destination[] {
  if (what === 'init') return [{ page, pfn, order }];
  return what === 'migrate'
    ? destinationsOf([{ page, pfn, order, count: Math.floor(pages / 2 ** order) }])
    : [];
}

/** Pages of a mapping that threads of a race unmap or drop. */
export function droppedIn(
  { threads }: Extract<Action, { op: 'race' }>['args'],
  mapping: Mapping,
): Set<number> {
  const all = threads.filter(
    (one) => one.name === mapping.name && (one.do === 'munmap' || one.do === 'dontneed'),
  );
  return new Set(all.flatMap((one) => pagesNamed(one, mapping.pages)));
}
