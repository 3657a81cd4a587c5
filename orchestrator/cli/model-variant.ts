import { VARIANTS } from '../model/variants.js';
import type { Variant } from '../model/variants.js';
import { CiError } from '../process/errors.js';
import { nearest } from '../scenario/nearest.js';

/** A variant of zone_device_page_init() by its id; an unknown one is CiError('usage') with a guess. */
export function variantNamed(id: string): Variant {
  const variant = Object.hasOwn(VARIANTS, id) ? VARIANTS[id] : undefined;
  if (variant) return variant;
  const guess = nearest(id, Object.keys(VARIANTS));
  throw new CiError('usage', `no variant "${id}"${guess ? `, did you mean "${guess}"?` : ''}`, {
    remedy: `variants: ${Object.keys(VARIANTS).join(', ')}`,
  });
}
