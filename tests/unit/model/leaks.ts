import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Layout, Role } from '../../../orchestrator/model/index.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

/**
 * What each variant may leave of a page's past, stated twice: as the failure keys that sequences of init and free can give
 * (the first table of "What 7.3 itself deviates in" in docs/model.md), and as the bits that its init does not
 * write (KERNEL-FACTS §2, "left stale"), which hold for whatever was in the page before.
 */

/** Failure keys of the table in docs/model.md, `kind field mask transition`, one for each transition. */
export function documentedLeaks(): ReadonlySet<string> {
  const text = readFileSync(path.join(projectRoot(), 'docs/model.md'), 'utf8');
  const section = text.split('## What 7.3 itself deviates in')[1]?.split('\n## ')[0] ?? '';
  const keys = new Set<string>();
  for (const line of section.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, kind = '', field = '', mask = '', transitions = ''] = cells;
    if (!/^(stale-field|wrong-head|refcount|leak|counter)$/.test(kind)) continue;
    for (const transition of transitions.split(','))
      keys.add(
        [kind, field.replaceAll('\\', ''), mask, transition.trim()].filter((one) => one !== '–').join(' '),
      );
  }
  if (keys.size === 0) throw new Error('docs/model.md: no table of what 7.3 deviates in');
  return keys;
}

type Place =
  | 'high flags'
  | 'zone_device_data'
  | 'private'
  | '_mapcount'
  | 'memcg_data[63:32]'
  /** Words that belong to no field. */
  | 'nobody’s'
  /** Words of a first tail that prep_compound_head() leaves alone where the option is off (mm/internal.h:778). */
  | 'without PAGE_MAPCOUNT'
  | 'without MM_ID';

export interface Unwritten {
  /** Where in a page of each role init leaves what was there. */
  readonly at: Readonly<Record<Exclude<Role, 'fresh'>, readonly Place[]>>;
  /** A tail's `private` is still what it was when prep_compound_tail() looks at it (mm/internal.h:799). */
  readonly warns: boolean;
}

const EVERY = ['high flags', '_mapcount', 'nobody’s'] as const;
const B_HIGH = [...EVERY, 'memcg_data[63:32]'] as const;

export const UNWRITTEN_B: Unwritten = {
  at: {
    order0: [...B_HIGH, 'zone_device_data', 'private'],
    head: [...B_HIGH, 'zone_device_data', 'private'],
    tail1: [...B_HIGH, 'without PAGE_MAPCOUNT', 'without MM_ID'],
    tail2: [...B_HIGH, 'private'],
    tail: [...B_HIGH, 'zone_device_data', 'private'],
  },
  warns: true,
};

/** The variants that no legal sequence can bring down, with what they leave. */
export const UNWRITTEN: Readonly<Record<string, Unwritten>> = {
  b: UNWRITTEN_B,
  e1: {
    at: Object.fromEntries(
      Object.entries(UNWRITTEN_B.at).map(([role, places]) => [
        role,
        places.filter((place) => place !== 'memcg_data[63:32]'),
      ]),
    ) as unknown as Unwritten['at'],
    warns: true,
  },
  e2: { at: { order0: [], head: [], tail1: [], tail2: [], tail: [] }, warns: false },
};

/** Bits of the 64 bytes of a page that init leaves as they were, 1 where it does. */
export function unwrittenBits(layout: Layout, role: Exclude<Role, 'fresh'>, of: Unwritten): Uint8Array {
  const mask = new Uint8Array(64);
  const { at, config } = layout;
  const put = (offset: number | undefined, size: number): void => {
    if (offset !== undefined) mask.fill(0xff, offset, offset + size);
  };
  for (const place of of.at[role]) {
    switch (place) {
      case 'high flags':
        put(at.flags + 1, 7);
        break;
      case 'zone_device_data':
        put(at.zoneDeviceData, 8);
        break;
      case 'private':
        put(at.private, 8);
        break;
      case '_mapcount':
        put(at.mapcount, 4);
        break;
      case 'memcg_data[63:32]':
        put(at.memcgData === undefined ? undefined : at.memcgData + 4, 4);
        break;
      case 'without PAGE_MAPCOUNT':
        if (config['PAGE_MAPCOUNT'] === false) put(at.nrPagesMapped, 4);
        break;
      case 'without MM_ID':
        if (config['MM_ID'] === false) put(at.mmIds, 8);
        break;
      case 'nobody’s': {
        const claimed = [at.flags, at.info, at.zoneDeviceData, at.mapping, at.index, at.private];
        const owned = new Set([...claimed, ...(at.memcgData === undefined ? [] : [at.memcgData])]);
        const counts = [at.mapcount, at.refcount, ...(role === 'tail1' ? [at.nrPages ?? at.mapcount] : [])];
        for (let word = 0; word < 64; word += 4)
          if (!owned.has(word & ~7) && !counts.includes(word)) put(word, 4);
        break;
      }
    }
  }
  return mask;
}
