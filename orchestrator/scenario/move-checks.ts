import type { Deviation } from '../store/records.js';
import { checkEvicted, checkEvictExpectation } from './evict-checks.js';
import { devicePages } from './page-maps.js';
import type { ReadyHello } from './protocol.js';
import type { UserFolio } from './user-memory.js';
import type { UserStep } from './user-step.js';

/**
 * Whether a migration or an eviction moved what it had to.
 * @param old device folios of processes before the step
 * @param failLarge large allocations on the way back that the driver fails
 */
export function checkMoved(
  { step, action, expect, before, reply, others }: UserStep,
  old: readonly UserFolio[],
  hello: ReadyHello,
  failLarge: number,
): Deviation[] {
  if (action.op !== 'evict') {
    const { migrated } = expect ?? {};
    if (migrated === undefined || migrated === reply.migrated) return [];
    const found = String(reply.migrated ?? 'no count');
    return [{ kind: 'counter', step, field: 'pages migrated', expected: String(migrated), found }];
  }
  const { pfn = 0, pages, pfns } = action.args;
  const end = pfn < hello.chunk.pages ? hello.chunk.pages : devicePages(hello);
  const count = pages ?? end - pfn;
  const list = pfns ?? Array.from({ length: count }, (_, index) => pfn + index);
  const call = pfns ? 'migrate_device_pfns' : 'migrate_device_range';
  // Nothing finds the entries of a page that the driver mapped, so that it is put back unseen.
  const folios = [...old.map((one) => ({ ...one, free: one.inserted !== true, mapped: true })), ...others];
  const chunk = { bytes: before, hello };
  return [
    ...checkEvicted(step, call, list, folios, reply, chunk, failLarge),
    ...checkEvictExpectation(step, expect, reply),
  ];
}
