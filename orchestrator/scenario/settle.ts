import type { Look } from './look.js';
import { processOf, TEST_PROCESS } from './mappings.js';
import { placesOf } from './places.js';
import type { Reply } from './protocol.js';
import type { RuledAction } from './unruled.js';
import {
  afterEvict,
  afterExit,
  afterFault,
  afterFork,
  afterMigrate,
  afterProtect,
  afterUnmap,
} from './user-memory.js';
import type { Destination, Settled, UserFolio } from './user-memory.js';

/** A ruled step of which the guest has told what it sees. */
export interface SeenStep {
  /** Device folios of processes before the step. */
  readonly folios: readonly UserFolio[];
  readonly reply: Reply;
  readonly look: Look;
  /** Pages that the step itself unmapped or protected. */
  readonly changed: ReadonlySet<number>;
  /** Destinations that a migration initialised. */
  readonly sent: readonly Destination[];
  /** Large allocations on the way back that the driver fails. */
  readonly failLarge: number;
}

/** Where the rules of migration say that the folios are after a step, and how the driver may have been called. */
export function settle(
  action: RuledAction,
  { folios, reply, look, changed, sent, failLarge }: SeenStep,
): Settled {
  const process = processOf(action);
  const states = new Map([...look.runs].map(([of, runs]) => [of.process, placesOf(runs)]));
  switch (action.op) {
    case 'mmap':
      return { folios, callbacks: [{}] };
    case 'fork':
      return afterFork(folios, TEST_PROCESS, action.args.child);
    case 'exit':
      return afterExit(folios, action.args.child);
    case 'evict': {
      const moved = (reply.evicted ?? []).filter((one) => one.migrated).map(({ pfn }) => pfn);
      return afterEvict(folios, new Set(moved));
    }
    case 'migrate':
      return afterMigrate(folios, action.args.name, process, sent, states);
    case 'munmap':
    case 'dontneed':
      return afterUnmap(folios, action.args.name, process, changed);
    case 'mprotect':
      return afterProtect(folios, action.args.name, process, changed);
    case 'fill':
    case 'touch':
    case 'verify':
      return afterFault(folios, action.args.name, process, states, failLarge);
  }
}
