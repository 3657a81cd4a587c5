import { Machine, PAGE_BYTES, VARIANT_B, layout73 } from '../../orchestrator/model/index.js';
import type { Operation, Place } from '../../orchestrator/model/index.js';
import { Search } from '../../orchestrator/model/explore/search.js';
import { UNIVERSES } from '../../orchestrator/model/explore/universe.js';

/**
 * What the model costs. Each speed is measured beside a plain fill of as many bytes in this very process, so that figures from
 * two machines can be compared by their ratio.
 */

/** One figure, with what it must not fall short of. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The least that will do, or the most. */
  readonly limit: { readonly least: number } | { readonly most: number };
  /** Time taken, as a multiple of the time in which as many bytes are filled; absent where no bytes compare. */
  readonly fills?: number;
}

/** How long each loop runs at least, in seconds; the best of several rounds counts, for others use the machine too. */
const ROUND_S = 0.4;
const ROUNDS = 7;

const place = (pages: number): Place => ({
  layout: layout73(),
  pages,
  memmap: 0xffffea0004000000n,
  pgmap: 0xffff888003456780n,
});

/** Processor seconds of this process, garbage collection included: what else the machine does is not counted. */
function cpuSeconds(body: () => void): number {
  const began = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** Least processor seconds that one call takes, over rounds of many calls. */
function secondsPerCall(call: () => void): number {
  let best = Infinity;
  let calls = 1;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const seconds = cpuSeconds(() => {
      for (let i = 0; i < calls; i += 1) call();
    });
    // The first round warms up, and finds out how many calls a round has.
    if (round > 0) best = Math.min(best, seconds / calls);
    if (seconds < ROUND_S) calls = Math.ceil((calls * ROUND_S) / Math.max(seconds, 1e-6));
  }
  return best;
}

/** Seconds in which `pages` struct pages are filled with one value, for scale. */
function secondsToFill(pages: number): number {
  const words = new Uint32Array((pages * PAGE_BYTES) / 4);
  let value = 0;
  return secondsPerCall(() => void words.fill((value += 1)));
}

const init = (pfn: number, order: number): Operation => ({
  op: 'init',
  pfn,
  order,
  unlock: 'page',
  rmappable: true,
});

/** Order-9 folios made and freed in turn all over a chunk, as a driver at work does. */
function reinits(): Figure {
  const pages = 4096;
  const machine = new Machine(VARIANT_B, place(pages));
  const ops: Operation[] = [];
  for (let pfn = 0; pfn < pages; pfn += 512) ops.push(init(pfn, 9), { op: 'free', pfn });
  const seconds = secondsPerCall(() => {
    for (const op of ops) machine.apply(op);
  });
  return {
    what: 'order-9 folios, made and freed',
    value: pages / seconds / 1e6,
    unit: 'M pages/s',
    limit: { least: 20 },
    fills: seconds / secondsToFill(pages),
  };
}

/** Order-0 folios made and freed in turn, with the writer of every byte. */
function tracedOperations(): Figure {
  const pages = 1024;
  const machine = new Machine(VARIANT_B, place(pages), { provenance: true });
  const ops: Operation[] = [];
  for (let pfn = 0; pfn < pages; pfn += 1) ops.push(init(pfn, 0), { op: 'free', pfn });
  // Numbered anew each time: a scenario has hundreds of steps, not hundreds of millions.
  const seconds = secondsPerCall(() => {
    let step = 0;
    for (const op of ops) machine.apply(op, (step += 1));
  });
  return {
    what: 'order-0 operations, provenance kept',
    value: ops.length / seconds / 1e3,
    unit: 'k ops/s',
    limit: { least: 200 },
    fills: seconds / secondsToFill(pages),
  };
}

/** Every state that six steps reach on 16 pages, variant b. */
function exploration(): Figure {
  const search = new Search(UNIVERSES.small, [VARIANT_B]);
  const seconds = cpuSeconds(() => {
    for (let depth = 1; depth <= 6; depth += 1) search.deepen(() => true);
  });
  return {
    what: `16 pages explored to depth 6: ${search.states} states, ${search.steps} steps`,
    value: seconds,
    unit: 'CPU s',
    limit: { most: 10 },
  };
}

/** What a machine over a chunk of 256 MiB keeps, buffers included. */
function memory(): Figure {
  const used = (): number => {
    gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const machine = new Machine(VARIANT_B, place(65_536));
  for (let pfn = 0; pfn < 65_536; pfn += 512) machine.apply(init(pfn, 9));
  const bytes = used() - before;
  return {
    what: `a chunk of 65,536 pages, ${machine.refs} of them in use`,
    value: bytes / 2 ** 20,
    unit: 'MiB',
    limit: { most: 64 },
  };
}

const good = ({ value, limit }: Figure): boolean =>
  'least' in limit ? value >= limit.least : value <= limit.most;

function row(figure: Figure): string {
  const { what, value, unit, limit, fills } = figure;
  const bound = 'least' in limit ? `at least ${limit.least}` : `at most ${limit.most}`;
  const ratio = fills === undefined ? '' : `, ${fills.toFixed(1)} times a plain fill`;
  const mark = good(figure) ? 'ok  ' : 'FAIL';
  return `${mark} ${what.padEnd(66)} ${value.toFixed(1).padStart(8)} ${unit} (${bound}${ratio})`;
}

/** Measures and prints everything; false where a figure misses its limit. */
export function benchModel(say: (text: string) => void): boolean {
  if (typeof gc !== 'function') throw new Error('node --expose-gc is needed: memory is measured');
  let all = true;
  for (const measure of [memory, reinits, tracedOperations, exploration]) {
    const figure = measure();
    say(row(figure));
    all &&= good(figure);
  }
  return all;
}
