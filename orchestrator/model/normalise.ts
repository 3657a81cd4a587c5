import { PAGE_WORDS } from './layout.js';
import type { Layout } from './layout.js';
import { spansOf } from './fields.js';
import { ROLES } from './roles.js';
import type { Role } from './roles.js';

/** Bits that are not compared, and why. Everything else is, zone and node bits included. */
export interface Rule {
  readonly field: 'zone_device_data' | 'PG_waiters';
  readonly roles: readonly Role[];
  readonly use: readonly ('contract' | 'prediction')[];
  readonly reason: string;
}

export const RULES: readonly Rule[] = [
  {
    field: 'zone_device_data',
    roles: ['order0', 'head'],
    use: ['contract'],
    reason: 'belongs to the driver, which sets it before or after the init',
  },
  {
    field: 'PG_waiters',
    roles: ['order0', 'head'],
    use: ['contract', 'prediction'],
    reason: 'set by any task that waits for the lock and cleared some time after the last is gone',
  },
];

export type Use = Rule['use'][number];

/** Per role, the bits of each of a page's 16 words that are ignored. */
export type IgnoredBits = Readonly<Record<Role, Uint32Array>>;

const cache = new WeakMap<Layout, Partial<Record<Use, IgnoredBits>>>();

export function ignoredBits(layout: Layout, use: Use): IgnoredBits {
  let uses = cache.get(layout);
  if (!uses) cache.set(layout, (uses = {}));
  return (uses[use] ??= Object.fromEntries(
    ROLES.map((role) => [role, build(layout, role, use)]),
  ) as unknown as IgnoredBits);
}

function build(layout: Layout, role: Role, use: Use): Uint32Array {
  const mask = new Uint32Array(PAGE_WORDS);
  const spans = spansOf(layout, role);
  for (const rule of RULES) {
    if (!rule.roles.includes(role) || !rule.use.includes(use)) continue;
    if (rule.field === 'zone_device_data') {
      for (const [w, { name }] of spans.entries()) if (name === rule.field) mask[w] = -1;
    } else {
      const bit = layout.flags[rule.field] as number;
      const word = (layout.at.flags >> 2) + (bit >> 5);
      mask[word] = (mask[word] as number) | (1 << (bit & 31));
    }
  }
  return mask;
}

/** Share of a page's bits that a comparison looks at, for each role (0..1). */
export function comparedShare(layout: Layout, use: Use): Record<Role, number> {
  const share = (role: Role): number => {
    let ignored = 0;
    for (const word of ignoredBits(layout, use)[role])
      for (let bits = word; bits !== 0; bits >>>= 1) ignored += bits & 1;
    return 1 - ignored / (PAGE_WORDS * 32);
  };
  return Object.fromEntries(ROLES.map((role) => [role, share(role)])) as Record<Role, number>;
}
