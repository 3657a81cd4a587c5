import { Machine, VARIANT_B } from '../../../../orchestrator/model/index.js';
import type {
  MachineOperation,
  UserEffects,
  UserOperation,
  Variant,
} from '../../../../orchestrator/model/index.js';
import { place } from '../support.js';

/** A machine that has done `ops`; throws where one of them stops it. */
export function play(ops: readonly MachineOperation[], variant: Variant = VARIANT_B, pages = 1024): Machine {
  const machine = new Machine(variant, place(pages), { provenance: true });
  for (const op of ops) step(machine, op);
  return machine;
}

export function step(machine: Machine, op: MachineOperation): UserEffects {
  const effects = machine.apply(op);
  const end = effects.crash ?? effects.hang;
  if (end) throw new Error(`${op.op}: ${end.why} (${end.line})`);
  if (effects.warnings.length > 0) throw new Error(`${op.op}: ${effects.warnings[0]?.why}`);
  return effects;
}

/** 64-bit word of a struct page. */
export const word = (machine: Machine, page: number, w: number): bigint =>
  new DataView(machine.bytes.buffer).getBigUint64(page * 64 + w * 8, true);

export const map = (pages: number, thp = false, address = 0x200000000n): UserOperation => ({
  op: 'mmap',
  name: 'm',
  pages,
  thp,
  address,
});

export const fill = (page: number, count: number, process?: string): UserOperation => ({
  op: 'access',
  name: 'm',
  page,
  count,
  write: true,
  ...(process && { process }),
});

export const read = (page: number, count = 1, process?: string): UserOperation => ({
  ...(fill(page, count, process) as UserOperation & { op: 'access' }),
  write: false,
});

export const migrate = (
  ...to: readonly (readonly [page: number, pfn: number, order?: number])[]
): UserOperation => ({
  op: 'migrate',
  name: 'm',
  to: to.map(([page, pfn, order = 0]) => ({ page, pfn, order })),
});

export const munmap = (page?: number, count = 1): UserOperation => ({
  op: 'munmap',
  name: 'm',
  ...(page !== undefined && { page, count }),
});

/** A huge page on the device at page 0 of the chunk. */
export const hugeOnDevice: readonly UserOperation[] = [map(512, true), fill(0, 512), migrate([0, 0, 9])];
