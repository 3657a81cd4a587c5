import type { Kernel } from '../kernel.js';

/**
 * One statement of the init path, applied to all pages it concerns: a page's own writes do not depend on its
 * neighbours', so page order inside a step does not matter. A variant of zone_device_page_init() is a list of these.
 * @param page first page of the new folio
 * @param order the folio has 2^order pages
 */
export type InitStep = (kernel: Kernel, page: number, order: number) => void;

/**
 * One statement of free_zone_device_folio().
 * @param nr folio_nr_pages() as read before anything was written
 */
export type FreeStep = (kernel: Kernel, folio: number, nr: number) => void;

/** `if (order) …` */
export const ifLarge =
  (...steps: readonly InitStep[]): InitStep =>
  (k, page, order) => {
    if (order > 0) for (const step of steps) step(k, page, order);
  };

/** The same statements for the first page alone, whatever the order. */
export const onHead =
  (...steps: readonly InitStep[]): InitStep =>
  (k, page) => {
    for (const step of steps) step(k, page, 0);
  };

/** Statements of the init path that run when a folio is freed, with folio_order() as the head has it; nothing at order 0. */
export const atFree =
  (...steps: readonly InitStep[]): FreeStep =>
  (k, folio) => {
    const order = k.folioOrder(folio);
    if (order > 0) for (const step of steps) step(k, folio, order);
  };
