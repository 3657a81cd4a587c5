import { pagesNamed, processOf, TEST_PROCESS } from './mappings.js';
import type { Mappings } from './mappings.js';
import type { Action } from './schema.js';
import type { UserAction } from './unruled.js';

/** Takes a step into the book of mappings; answers the pages that it changed. */
export function book(maps: Mappings, action: UserAction): ReadonlySet<number> {
  if (action.op === 'mmap') maps.add(action.args.name, action.args.pages);
  else if (action.op === 'insert') maps.add(action.args.name, action.args.pages, true);
  else if (action.op === 'fork') maps.fork(action.args.child);
  else if (action.op === 'exit') maps.exit(action.args.child);
  else if (action.op === 'mremap')
    maps.move(action.args.name, action.args.to, action.args.dontunmap === true);
  else if (action.op === 'race') bookRace(maps, action.args);
  else if (action.op !== 'evict' && action.op !== 'cgroup' && action.op !== 'swap')
    return bookPages(maps, action);
  return new Set();
}

/** Pages that threads unmap are gone after the race. */
function bookRace(maps: Mappings, { threads }: Extract<Action, { op: 'race' }>['args']): void {
  for (const one of threads) {
    const mapping = maps.get(TEST_PROCESS, one.name);
    if (!mapping || one.do !== 'munmap') continue;
    for (const page of pagesNamed(one, mapping.pages)) mapping.gone.add(page);
  }
}

function bookPages(
  maps: Mappings,
  action: Exclude<
    UserAction,
    { op: 'mmap' | 'insert' | 'fork' | 'exit' | 'evict' | 'mremap' | 'race' | 'cgroup' | 'swap' }
  >,
): ReadonlySet<number> {
  const process = processOf(action);
  const { name } = action.args;
  const mapping = maps.get(process, name);
  if (!mapping)
    throw new RangeError(`the agent took ${action.op} of mapping ${name}, which no step made there`);
  switch (action.op) {
    case 'fill':
      mapping.seed = action.args.seed;
      return new Set();
    case 'munmap': {
      const gone = pagesNamed(action.args, mapping.pages);
      for (const page of gone) mapping.gone.add(page);
      if (gone.length >= mapping.pages) maps.remove(process, name);
      return new Set(gone);
    }
    case 'dontneed':
      return new Set(pagesNamed(action.args, mapping.pages));
    case 'mprotect': {
      const { prot } = action.args;
      const pages = pagesNamed(action.args, mapping.pages);
      const other = pages.filter((page) => (mapping.prot.get(page) ?? 'rw') !== prot);
      for (const page of other) mapping.prot.set(page, prot);
      return new Set(other);
    }
    default:
      return new Set();
  }
}
