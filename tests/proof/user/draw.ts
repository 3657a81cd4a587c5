import type { Machine } from '../../../orchestrator/model/machine.js';
import type { Request } from '../../../orchestrator/scenario/protocol.js';
import type { Dice } from '../../../orchestrator/scenario/random/dice.js';
import { RANGES } from '../../../orchestrator/scenario/random/draw.js';

/** Device pages that a generated sequence uses: two huge pages, so that lives overlap. */
const CHUNK = 1024;
const NAMES = ['a', 'b'];
const CHILDREN = ['c', 'd'];
const HUGE = 512;

/** Draws the next request of a sequence: one that the agent takes, by what the model says is there. */
export function drawRequest(dice: Dice, machine: Machine): Request {
  const { user } = machine;
  const processes = user.processes.filter((name) => user.mappings(name).length > 0);
  const fresh = NAMES.filter((name) => !user.mappings().includes(name));
  if (processes.length === 0 || (fresh.length > 0 && dice.chance(10)))
    return { op: 'mmap', name: fresh[0], pages: dice.chance(80) ? HUGE : 4, thp: dice.chance(70) };
  const process = dice.pick(processes);
  const name = dice.pick(user.mappings(process));
  const pages = user.pages(name, process);
  const where = { name, ...(process !== user.processes[0] && { in: process }) };
  const mapped = (first: number, count: number): boolean =>
    first + count <= pages.length &&
    pages.slice(first, first + count).every(({ kind }) => kind !== 'unmapped');
  const ranges = RANGES.filter(([first, count]) => mapped(first, count));
  if (ranges.length === 0) return { op: 'munmap', ...where };
  const [page, n] = dice.pick(ranges);
  const child = CHILDREN.find((one) => !user.processes.includes(one));
  switch (dice.roll(16)) {
    case 0:
    case 1:
    case 2:
      return { op: 'fill', ...where, seed: dice.roll(1000) };
    case 3:
      return { op: 'touch', ...where, page, n: 1, write: dice.chance(50) };
    case 4:
      return { op: 'touch', ...where, page: dice.roll(pages.length), n: 1, write: dice.chance(50) };
    case 5:
      return { op: 'verify', ...where, page, n, seed: 1 };
    case 6:
      return { op: 'munmap', ...where, page, n };
    case 7:
      return { op: 'mprotect', ...where, page, n, prot: dice.pick(['r', 'rw', 'rw']) };
    case 8:
      return { op: 'madvise', ...where, page, n, advice: 'dontneed' };
    case 9:
      return child ? { op: 'fork', child } : { op: 'exit', child: dice.pick(CHILDREN) };
    case 10: {
      const [last] = user.processes.slice(1);
      return last === undefined ? { op: 'fork', child: CHILDREN[0] } : { op: 'exit', child: last };
    }
    case 11:
      return dice.chance(50)
        ? { op: 'evict', pfn: dice.pick([0, 16, 512]), n: dice.pick([16, 512]) }
        : { op: 'evict', pfns: [dice.roll(CHUNK), dice.roll(CHUNK)] };
    case 12:
      return { op: 'knobs', fail_large: dice.roll(3) };
    default:
      return { op: 'migrate', ...where, to: drawTo(dice, machine, pages.length), abort: dice.chance(10) };
  }
}

interface To {
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
}

/** A huge destination, all small ones of a huge page, or some small ones; only pages that are free. */
function drawTo(dice: Dice, machine: Machine, pages: number): To[] {
  const free = (pfn: number, count: number): boolean => {
    for (let i = pfn; i < pfn + count; i++) if (machine.roles.live(i)) return false;
    return true;
  };
  const huge = [0, HUGE].filter((pfn) => free(pfn, HUGE));
  if (pages === HUGE && huge.length > 0 && dice.chance(60)) {
    const pfn = dice.pick(huge);
    return dice.chance(75)
      ? [{ page: 0, pfn, order: 9 }]
      : Array.from({ length: HUGE }, (_, page) => ({ page, pfn: pfn + page, order: 0 }));
  }
  const to = new Map<number, To>();
  const taken = new Set<number>();
  for (let i = 0; i < 1 + dice.roll(4); i++) {
    const page = i === 0 ? 0 : dice.roll(pages);
    const pfn = dice.pick([0, 1, 2, 3, 16, 511, 512, 513, dice.roll(CHUNK)]);
    if (to.has(page) || taken.has(pfn) || !free(pfn, 1)) continue;
    taken.add(pfn);
    to.set(page, { page, pfn, order: 0 });
  }
  return [...to.values()];
}
