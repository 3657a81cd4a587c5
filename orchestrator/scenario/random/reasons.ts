import type { Machine } from '../../model/machine.js';
import { MAIN_PROCESS } from '../../model/mapping/operation.js';
import type { UserEffects } from '../../model/mapping/operation.js';
import type { MappedPage } from '../../model/mapping/state.js';
import { pagesNamed } from '../mappings.js';
import { destinationsOf } from '../request.js';
import type { Action, StepExpectation } from '../schema.js';
import type { Book } from './book.js';

/**
 * Which steps a generated sequence may take: those that the guest module takes (docs/agent-protocol.md), and that the rules of
 * docs/scenarios.md can judge. What a kernel survives is the model's to say. Pure.
 */

/** Steps on user memory that are drawn. */
type User = Extract<
  Action,
  {
    op:
      'mmap' | 'fork' | 'exit' | 'migrate' | 'fill' | 'verify' | 'touch' | 'munmap' | 'dontneed' | 'mprotect';
  }
>;

/** Pages of a huge page: the entries of a scan are read against blocks of so many. */
const HUGE = 512;

/** Whether the step makes sense before it is done. */
export function hasReasonBefore(action: Action, machine: Machine, book: Book): boolean {
  switch (action.op) {
    case 'init': {
      const { pfn, order, rmappable } = action.args;
      // Without it the contract has a deviation of its own, which says nothing of the kernel.
      return rmappable !== false && pfn % 2 ** order === 0 && isFree(machine, pfn, 2 ** order);
    }
    case 'unlock':
      return book.own.get(action.args.pfn)?.locked === true;
    case 'free':
      return book.own.has(action.args.pfn);
    case 'knobs':
      return action.args.splitOp === undefined || isFree(machine, 0, machine.roles.pages);
    case 'evict':
      return !book.failing && canScan(listOf(action.args, machine.roles.pages), machine, book);
    case 'mmap':
    case 'fork':
    case 'exit':
    case 'migrate':
    case 'fill':
    case 'verify':
    case 'touch':
    case 'munmap':
    case 'dontneed':
    case 'mprotect':
      return userHasReason(action, machine, book);
    default:
      return false;
  }
}

function userHasReason(action: User, { user, roles }: Machine, book: Book): boolean {
  const of = (process: string, name: string): readonly MappedPage[] =>
    user.mappings(process).includes(name) ? user.pages(name, process) : [];
  switch (action.op) {
    case 'mmap':
      // A child that still has it would be in the way of its name.
      return user.processes.every((process) => !user.mappings(process).includes(action.args.name));
    case 'fork':
      return !user.processes.includes(action.args.child) && action.args.child !== MAIN_PROCESS;
    case 'exit':
      return user.processes.slice(1).includes(action.args.child);
    case 'migrate': {
      const to = destinationsOf(action.args.to);
      const sources = to.flatMap(({ page, order }) => Array.from({ length: 2 ** order }, (_, i) => page + i));
      const ends = to.flatMap(({ pfn, order }) => Array.from({ length: 2 ** order }, (_, i) => pfn + i));
      if (new Set(sources).size < sources.length || new Set(ends).size < ends.length) return false;
      if (to.some(({ page, pfn, order }) => pfn % 2 ** order !== 0 || page % 2 ** order !== 0)) return false;
      if (ends.some((pfn) => pfn >= roles.pages || roles.live(pfn))) return false;
      const mine = of(MAIN_PROCESS, action.args.name);
      if (sources.some((page) => (mine[page]?.kind ?? 'unmapped') === 'unmapped')) return false;
      // What is on the device for anybody comes back first; two folios of one page would be hard to tell apart.
      return user.processes.every((process) => {
        const pages = of(process, action.args.name);
        return sources.every((page) => pages[page]?.kind !== 'device');
      });
    }
    default: {
      const process = action.args.in ?? MAIN_PROCESS;
      if (!user.processes.includes(process)) return false;
      const pages = of(process, action.args.name);
      if (pages.length === 0) return false;
      if (action.op === 'verify') return book.isFilled(process, action.args.name);
      if (action.op === 'fill') return true;
      const named = pagesNamed(action.args, pages.length);
      const { page } = action.args;
      if (page === undefined) return action.op === 'munmap' || everyMapped(pages, named);
      // All pages by their numbers would end the mapping in one book and not in another.
      if (action.op === 'munmap' && named.length >= pages.length) return false;
      return page + (action.args.pages ?? 1) <= pages.length && everyMapped(pages, named);
    }
  }
}

function everyMapped(pages: readonly MappedPage[], named: readonly number[]): boolean {
  return named.every((page) => (pages[page]?.kind ?? 'unmapped') !== 'unmapped');
}

function isFree({ roles }: Machine, pfn: number, count: number): boolean {
  if (pfn + count > roles.pages) return false;
  for (let page = pfn; page < pfn + count; page += 1) if (roles.live(page)) return false;
  return true;
}

type EvictArgs = Extract<Action, { op: 'evict' }>['args'];

function listOf({ pfn = 0, pages, pfns }: EvictArgs, chunk: number): readonly number[] {
  return pfns ?? Array.from({ length: pages ?? chunk - pfn }, (_, index) => pfn + index);
}

/**
 * The scan of 7.3 asks free pages for the size of their folio, which may be half of an address that only the guest knows
 * (known issue migrate-device-range). So a free page that was part of a large folio may be in the list only where nothing lives
 * in its huge page; and a living folio is in it whole or not at all.
 */
function canScan(list: readonly number[], { roles }: Machine, book: Book): boolean {
  if (list.some((pfn) => pfn >= roles.pages)) return false;
  const listed = new Set(list);
  const livelyBlocks = new Set<number>();
  for (let page = 0; page < roles.pages; page += 1)
    if (roles.live(page)) livelyBlocks.add(Math.floor(page / HUGE));
  return list.every((page) => {
    if (!roles.live(page)) return !(livelyBlocks.has(Math.floor(page / HUGE)) && book.wasCompound(page));
    const { pfn, order } = roles.folio(page);
    for (let at = pfn; at < pfn + 2 ** order; at += 1) if (!listed.has(at)) return false;
    return true;
  });
}

/** Whether what the step came to is something that the rules can judge. */
export function hasReasonAfter(action: Action, machine: Machine, effects: UserEffects): boolean {
  const { user, roles } = machine;
  switch (action.op) {
    case 'fill':
    case 'verify':
      return effects.signal === undefined;
    case 'touch': {
      if (effects.signal) return true;
      const pages = user.pages(action.args.name, action.args.in);
      return pagesNamed(action.args, pages.length).every((page) => isInRam(pages[page]));
    }
    case 'migrate': {
      const to = destinationsOf(action.args.to);
      const pages = user.pages(action.args.name);
      if (action.args.abort === true)
        return to.every(({ page, order }) => pages.slice(page, page + 2 ** order).every(isInRam));
      const huge = to.filter(({ order }) => order > 0).map(({ page }) => page);
      return user.processes
        .filter((process) => user.mappings(process).includes(action.args.name))
        .flatMap((process) => huge.map((page) => user.pages(action.args.name, process)[page]))
        .every((page) => page?.kind !== 'device' || page.level === 'pmd');
    }
    case 'evict': {
      const listed = listOf(action.args, roles.pages);
      const mapped = new Set(
        user.processes.flatMap((process) =>
          user
            .mappings(process)
            .flatMap((name) =>
              user.pages(name, process).flatMap(({ pfn }) => (pfn === undefined ? [] : [pfn])),
            ),
        ),
      );
      return listed.every((pfn) => !mapped.has(pfn));
    }
    default:
      return true;
  }
}

function isInRam(page: MappedPage | undefined): boolean {
  return page?.kind === 'ram' || page?.kind === 'zero';
}

/** What must come of the step beyond the rules; undefined where they say it all. */
export function expectationOf(action: Action, { signal, migrate }: UserEffects): StepExpectation | undefined {
  if (signal) return { signal: signal.name };
  if (action.op !== 'migrate' || action.args.abort === true || !migrate) return undefined;
  const all = destinationsOf(action.args.to).reduce((sum, { order }) => sum + 2 ** order, 0);
  return migrate.migrated === all ? undefined : { migrated: migrate.migrated };
}
