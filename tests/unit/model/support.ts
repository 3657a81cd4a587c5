import {
  Machine,
  Oracle,
  VARIANT_A,
  VARIANT_B,
  layout73,
  layout73Json,
} from '../../../orchestrator/model/index.js';
import type {
  Deviation,
  Effects,
  Layout,
  Operation,
  Place,
  Variant,
  Verdict,
} from '../../../orchestrator/model/index.js';
import { Kernel } from '../../../orchestrator/model/kernel.js';
import { freshPages } from '../../../orchestrator/model/steps/fresh.js';
import { Trap } from '../../../orchestrator/model/traps.js';

export const MEMMAP = 0xffffea0004000000n;
export const PGMAP = 0xffff888003456780n;

export function place(pages = 1024, layout: Layout = layout73()): Place {
  return { layout, pages, memmap: MEMMAP, pgmap: PGMAP };
}

/** The struct pages alone, as memmap init leaves them, under a layout; without a machine around them. */
export function freshKernel(pages = 16, layout: Layout = layout73()): Kernel {
  const k = new Kernel(place(pages, layout), 0xc000000000002000n, false);
  freshPages(k, 0, pages);
  return k;
}

/** What a call ends in; undefined where it comes back. */
export function trapOf(call: () => void): Trap | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof Trap) return error;
    throw error;
  }
  return undefined;
}

/** As a guest's agent tells 7.3's layout, with compound_info in the first word of a page and the flags in the second. */
export function movedLayoutJson(): ReturnType<typeof layout73Json> {
  const json = layout73Json();
  Object.assign(json['fields'] as object, {
    'page.flags': [8, 8],
    'folio._flags_1': [72, 8],
    'page.compound_info': [0, 8],
    'page.pgmap': [0, 8],
    'folio._head_1': [64, 8],
  });
  return json;
}

/** `9@0`: init, locked; `9@0,` with a trailing comma as in KERNEL-FACTS is not needed: `free 0` ends a life. */
export function init(text: string, more: Partial<Operation & { op: 'init' }> = {}): Operation {
  const [order, pfn] = text.split('@').map(Number) as [number, number];
  return { op: 'init', pfn, order, unlock: 'page', rmappable: true, ...more };
}

export const free = (pfn: number): Operation => ({ op: 'free', pfn });

export const poke = (pfn: number, byte: number, size: number, value: bigint): Operation => ({
  op: 'poke',
  pfn,
  byte,
  size,
  value,
});

/** The eight 64-bit words of a page as KERNEL-FACTS prints them; P for the pgmap, V+x for the memmap. */
export function words(machine: Machine, page: number): string {
  const view = new DataView(machine.bytes.buffer);
  const out: string[] = [];
  for (let w = 0; w < 8; w++) {
    const value = view.getBigUint64(page * 64 + w * 8, true);
    if (value === PGMAP) out.push('P');
    else if (value >= MEMMAP && value < MEMMAP + 0x10000n) out.push(`V+0x${(value - MEMMAP).toString(16)}`);
    else out.push(value === 0n ? '0' : value.toString(16));
  }
  return out.join(' ');
}

/** Runs all operations on one variant; stops after a crash or hang. */
export function run(
  variant: Variant,
  ops: readonly Operation[],
  where = place(),
): { machine: Machine; effects: Effects[] } {
  const machine = new Machine(variant, where);
  const effects: Effects[] = [];
  for (const op of ops) {
    if (machine.stopped) break;
    effects.push(machine.apply(op));
  }
  return { machine, effects };
}

/** Plays `variant` as the guest and lets an oracle judge each step. */
export function judge(
  variant: Variant,
  ops: readonly Operation[],
  where = place(),
): { verdicts: Verdict[]; last: readonly Deviation[]; all: Deviation[] } {
  const guest = new Machine(variant, where);
  const oracle = new Oracle(where, guest.bytes, [VARIANT_B, VARIANT_A]);
  const verdicts: Verdict[] = [];
  for (const [i, op] of ops.entries()) {
    const { refs, callbacks } = guest.apply(op);
    verdicts.push(oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks }));
  }
  return {
    verdicts,
    last: verdicts.at(-1)?.deviations ?? [],
    all: verdicts.flatMap((v) => [...v.deviations]),
  };
}
