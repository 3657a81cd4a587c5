import type { Deviation } from '../store/records.js';
import { ownerOf } from './page-maps.js';
import type { Owner } from './page-maps.js';
import { DEVICE_WRITE } from './protocol.js';
import type { MapRun, MirrorRun, ReadyHello } from './protocol.js';

/** At most this many deviations in one step. */
const MOST = 8;

/**
 * Whether hmm_range_fault() showed what the page tables hold: each page on the device at its own device page and with its own
 * permission, none of them to a device that does not own it, and every page that had to be faulted in.
 * @param runs the page tables after the step
 * @param seen what the device was shown
 */
export function checkMirror(
  step: number,
  mapping: string,
  {
    fault,
    stranger,
    owner = 'first',
  }: {
    readonly fault?: 'read' | 'write' | undefined;
    readonly stranger?: boolean | undefined;
    readonly owner?: Owner | undefined;
  },
  runs: readonly MapRun[],
  seen: readonly MirrorRun[],
  hello: Pick<ReadyHello, 'chunk'>,
): Deviation[] {
  const mine = (pfn: number): boolean => stranger !== true && ownerOf(hello, pfn) === owner;
  const tables = new Map(
    runs.flatMap((run) => Array.from({ length: run.n }, (_, i) => [run.page + i, { run, i }] as const)),
  );
  const found: Deviation[] = [];
  for (const one of seen) {
    for (let i = 0; i < one.n && found.length < MOST; i += 1) {
      const page = one.page + i;
      const at = tables.get(page);
      const expected = expectedOf(at?.run, at?.i ?? 0, fault, mine);
      const got = said(one.valid, one.write, one.pfn === undefined ? undefined : one.pfn + i);
      if (expected === undefined || expected === got) continue;
      found.push({
        kind: one.pfn === undefined ? 'permission' : 'data',
        step,
        field: 'page as hmm_range_fault() shows it',
        expected: `page ${page} of mapping ${mapping}: ${expected}`,
        found: got,
      });
    }
  }
  return found;
}

/**
 * How many pages hmm_range_fault() showed as writable, in system memory too: there it reads the entry of the page table, which the
 * CPU never shows, since a write to a page that lost its permission takes a fault more and succeeds.
 */
export function checkWritable(
  step: number,
  mapping: string,
  expected: number | undefined,
  seen: readonly MirrorRun[],
): Deviation[] {
  const found = seen.reduce((sum, { n, valid, write }) => sum + (valid && write ? n : 0), 0);
  if (expected === undefined || expected === found) return [];
  return [
    {
      kind: 'permission',
      step,
      field: 'writable pages',
      expected: `${expected} of mapping ${mapping}`,
      found: String(found),
    },
  ];
}

/** What a device must be shown of a page; undefined where anything may be. */
function expectedOf(
  run: MapRun | undefined,
  index: number,
  fault: 'read' | 'write' | undefined,
  mine: (pfn: number) => boolean,
): string | undefined {
  if (run?.state === 'device' && run.type === undefined) return undefined;
  if (run?.state === 'device' && run.pfn !== undefined)
    return mine(run.pfn)
      ? said(true, run.type === DEVICE_WRITE, run.pfn + index)
      : said(false, false, undefined);
  // In memory that CPUs reach the permission is that of an entry that nobody here can see.
  if (run?.state === 'ram' && fault === 'write') return said(true, true, undefined);
  return undefined;
}

function said(valid: boolean, write: boolean, pfn: number | undefined): string {
  if (!valid) return 'not valid';
  return `${pfn === undefined ? 'system memory' : `device page ${pfn}`}${write ? ', writable' : ''}`;
}
