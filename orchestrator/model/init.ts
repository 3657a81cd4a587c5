import type { Kernel } from './kernel.js';
import type { RoleMap } from './roles.js';
import { BUGS } from './traps.js';
import type { Variant } from './variant.js';

/** zone_device_folio_init() as a driver calls it, on the page cast to a folio; the folio is left locked. */
export function initFolio(
  k: Kernel,
  roles: RoleMap,
  variant: Variant,
  { pfn, order, rmappable }: { readonly pfn: number; readonly order: number; readonly rmappable: boolean },
): void {
  roles.init(pfn, order);
  for (const step of variant.init) step(k, pfn, order);
  if (order > 0 && rmappable) setLargeRmappable(k, pfn);
}

/**
 * folio_set_large_rmappable() (include/linux/memremap.h:243). Its check for a tail cannot fire: folio_set_order() has done the
 * same just before.
 */
export function setLargeRmappable(k: Kernel, folio: number): void {
  k.bugOn(!k.flag(folio, 'PG_head'), BUGS.secondOfSmall);
  k.setFlag(folio + 1, 'PG_workingset', true, 'rmappable');
}
