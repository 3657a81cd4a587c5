import type { Cover, CoverCase, CoverSet } from '../model/explore/cover.js';
import type { CoverStep } from '../model/explore/cover-search.js';

/** A generated scenario file: its name below tests/scenarios, and its text as prettier would leave it. */
export interface CoverFile {
  readonly name: string;
  readonly text: string;
}

const ORDER_OF_A_HUGE_PAGE = 9;
const PAGES_OF_A_HUGE_PAGE = 2 ** ORDER_OF_A_HUGE_PAGE;

/** A real order-9 folio comes apart only under a mapping: part of it is unmapped, the rest comes back page by page. */
const SPLIT = [
  `mmap: { pages: ${PAGES_OF_A_HUGE_PAGE}, thp: true }`,
  'fill: { seed: 9 }',
  `migrate: { to: [{ page: 0, pfn: 0, order: ${ORDER_OF_A_HUGE_PAGE} }] }`,
  `munmap: { page: ${PAGES_OF_A_HUGE_PAGE - 1}, pages: 1 }`,
  `touch: { page: 0, pages: ${PAGES_OF_A_HUGE_PAGE - 1} }`,
  'verify: {}',
  'munmap: {}',
];

function live(steps: readonly CoverStep[]): number[] {
  const alive = new Set<number>();
  for (const { pfn, order } of steps)
    if (order === undefined) alive.delete(pfn);
    else alive.add(pfn);
  return [...alive];
}

function caseLines({ steps }: CoverCase, start: CoverSet['start']): string[] {
  const id = steps.map(({ pfn, order }) => (order === undefined ? `-${pfn}` : `${order}@${pfn}`)).join(',');
  const ops = [
    ...(start === 'pieces' ? SPLIT : []),
    ...steps.map(({ pfn, order }) =>
      order === undefined ? `free: { pfn: ${pfn} }` : `init: { pfn: ${pfn}, order: ${order} }`,
    ),
    ...live(steps).map((pfn) => `free: { pfn: ${pfn} }`),
  ];
  return [
    `  - id: ${/^[0-9]+$/.test(id) ? `'${id}'` : id}`,
    '    steps:',
    ...ops.map((op) => `      - ${op}`),
  ];
}

const HEAD = {
  fresh: {
    id: 'cover',
    title: 'Every way in which a page changes its role, by init and free',
    requires: [],
  },
  pieces: {
    id: 'cover-split',
    title: 'Every way in which a piece of a split folio changes its role',
    requires: ['requires: { config: [TRANSPARENT_HUGEPAGE], features: [migrate, thp] }'],
  },
} as const;

/** The covering set as scenario files, one for each start. */
export function coverFiles({ sets }: Cover): CoverFile[] {
  return sets.map((set) => {
    const { id, title, requires } = HEAD[set.start];
    const size =
      set.atLeast === set.cases.length ? 'no fewer sequences do' : `at least ${set.atLeast} are needed`;
    const lines = [
      '# yaml-language-server: $schema=./schema.json',
      '# Made by `ci model cover --write`; a unit test compares it with what that makes.',
      `id: ${id}`,
      `title: ${title}`,
      'guards: >-',
      '  Whatever a page was in its last life and whatever became of its head since, the init of a new folio must leave nothing',
      '  of it.',
      `origin: The reference model, ${set.cases.length} sequences make ${set.transitions} transitions between roles; ${size}`,
      ...requires,
      'alike: true',
      'cases:',
      ...set.cases.flatMap((one) => caseLines(one, set.start)),
    ];
    return { name: `${id}.yaml`, text: `${lines.join('\n')}\n` };
  });
}
