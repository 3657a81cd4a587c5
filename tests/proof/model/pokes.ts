import type { Layout } from '../../../orchestrator/model/layout.js';
import type { Machine } from '../../../orchestrator/model/machine.js';
import { ignoredBits } from '../../../orchestrator/model/normalise.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import type { ModelOp } from '../../../orchestrator/scenario/oracle.js';
import type { GuestSession } from '../../../orchestrator/scenario/session.js';
import { describePages, differingPages, requestOf } from './play.js';
import type { Dice } from '../../../orchestrator/scenario/random/dice.js';

const PAGE_BYTES = 64;
const PAGE_BITS = 512;
const POKE_MS = 2_000;

/** One bit of one page, turned over behind the model's back. */
export interface BitPoke {
  readonly page: number;
  readonly bit: number;
}

/** A compared bit of any page, each as likely as any other. */
export function drawBit(dice: Dice, machine: Machine, layout: Layout): BitPoke {
  for (;;) {
    const page = dice.roll(machine.roles.pages);
    const bit = dice.roll(PAGE_BITS);
    const ignored = ignoredBits(layout, 'prediction')[machine.roles.role(page)][bit >> 5] ?? 0;
    if (((ignored >>> (bit & 31)) & 1) === 0) return { page, bit };
  }
}

/**
 * Turns the bit over in the guest, looks whether the comparison finds this bit and no other, and turns it back. Gives
 * back what is wrong, undefined where it was found. The guest and the model must agree before.
 */
export async function pokeOnce(
  { page, bit }: BitPoke,
  session: GuestSession,
  machine: Machine,
  layout: Layout,
  timeScale: number,
): Promise<string | undefined> {
  const byte = bit >> 3;
  const was = session.mirror.bytes[page * PAGE_BYTES + byte] as number;
  const turned = was ^ (1 << (bit & 7));
  await write(session, page, byte, turned, timeScale);
  const found = differingPages(session, machine, layout);
  await write(session, page, byte, was, timeScale);
  const where = `page ${page} bit ${bit} (${machine.roles.role(page)})`;
  const left = differingPages(session, machine, layout);
  if (left.length > 0) return `${where}: turned back, but ${describePages(left)}`;
  const [first] = found;
  const [field] = first?.fields ?? [];
  if (first === undefined || field === undefined) return `${where}: not found`;
  const exact =
    found.length === 1 &&
    first.page === page &&
    first.fields.length === 1 &&
    (field.want ^ field.have) === 1n << BigInt(bit - field.byte * 8);
  return exact ? undefined : `${where}: found ${describePages(found)} instead`;
}

async function write(
  session: GuestSession,
  pfn: number,
  byte: number,
  value: number,
  timeScale: number,
): Promise<void> {
  const op: ModelOp = { op: 'poke', pfn, byte, size: 1, value: BigInt(value) };
  const sent = await session.send(requestOf(op), POKE_MS * timeScale);
  if (sent.kind === 'reply' && sent.reply.ok && sent.splats.length === 0) return;
  throw new CiError('guest-lost', `a poke of page ${pfn} byte ${byte} did not come back`);
}
