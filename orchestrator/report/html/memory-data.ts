import { bitName } from '../../model/fields.js';
import type { Place } from '../../model/kernel.js';
import { ROLES } from '../../model/roles.js';
import { columnsOf, roleNumber } from './picture.js';
import type { Frame, PageRun, Picture } from './picture.js';
import { ownSpans } from './reading.js';

const LIVES = ['live', 'free', 'dead'] as const;

/** A picture as the script of the page takes it; runs that a frame shares with the one before are a number. */
export function pictureData({ pages, frames }: Picture): unknown {
  return {
    n: pages,
    c: columnsOf(pages),
    f: frames.map((frame, i) => {
      const runs = frame.runs.map(runData);
      const before = frames[i - 1]?.runs.map(runData);
      const same = before !== undefined && JSON.stringify(before) === JSON.stringify(runs);
      return { s: frame.step, ...(frame.silent ? { q: 1 } : {}), ...(same ? {} : { r: runs }) };
    }),
  };
}

/** [pages, role, life, order, head, role before, marks, guest, model if it is another]; marks: 1 wrong, 2 changed, 4 × (1 + role it is read as). */
function runData(run: PageRun): readonly number[] {
  const { pages, role, life, order, head, before, wrong, reads, changed, guest, model } = run;
  const marks = (wrong ? 1 : 0) + (changed ? 2 : 0) + (reads === role ? 0 : 4 * (1 + roleNumber(reads)));
  return [
    pages,
    roleNumber(role),
    LIVES.indexOf(life),
    order,
    head,
    roleNumber(before),
    marks,
    guest,
    ...(model === guest ? [] : [model]),
  ];
}

/** What the script needs to read words as fields: spans and flag names of each role, and addresses with a name. */
export function readingData(place: Place): unknown {
  return {
    roles: ROLES,
    spans: ROLES.map((role) => ownSpans(place, role).map(({ name, byte, width }) => [name, byte, width])),
    flags: ROLES.map((role) => Array.from({ length: 64 }, (_, bit) => bitName(place.layout, role, bit))),
    names: {
      [hex(place.pgmap)]: 'pgmap',
      ...(place.second && { [hex(place.second.pgmap)]: 'pgmap of the second device' }),
      ...(place.layout.tailMapping === 0n ? {} : { [hex(place.layout.tailMapping)]: 'TAIL_MAPPING' }),
    },
    memmap: [hex(place.memmap), place.pages],
  };
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** The frame that a reader wants to see first: the last one with something wrong, else the last. */
export function firstShown({ frames }: Picture): Frame | undefined {
  return frames.findLast(({ runs }) => runs.some(({ wrong }) => wrong)) ?? frames.at(-1);
}
