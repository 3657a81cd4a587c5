import type { Core } from './core.js';
import { PMD_PAGES, slotOf, tableAt } from './tables.js';
import type { Mapping, Process, Vma } from './tables.js';
import { splitPmd } from './unmap.js';

/** VMAs: their anon_vma, and what happens to them where part of a mapping is unmapped or protected. */

/** anon_vma_prepare(): a neighbour's anon_vma where there is one (mm/vma.c:find_mergeable_anon_vma), else a new one. */
export function prepareAnonVma(core: Core, mapping: Mapping, vma: Vma): void {
  if (vma.anonVma) return;
  const beside = mapping.vmas.find(
    (other) =>
      other.anonVma &&
      other.accounted === vma.accounted &&
      (other.end === vma.start || other.start === vma.end),
  );
  vma.anonVma = beside?.anonVma ?? core.tokens.make('anon_vma');
}

/** Splits the VMA that has `page` inside, and the huge entry that the cut goes through (vma_adjust_trans_huge). */
export function cutVma(core: Core, process: Process, mapping: Mapping, page: number): void {
  const i = mapping.vmas.findIndex((vma) => vma.start < page && page < vma.end);
  const vma = mapping.vmas[i];
  if (!vma) return;
  const table = tableAt(mapping, page);
  if (slotOf(page) !== 0 && table?.pmd) splitPmd(core, process, table);
  const rest: Vma = { ...vma, start: page, seq: core.nextSeq() };
  vma.end = page;
  // The interval tree takes a VMA out and in again when its end moves.
  vma.seq = core.nextSeq();
  mapping.vmas.splice(i + 1, 0, rest);
}

/** Joins neighbours that are alike, as the kernel does after a change of protection. */
export function mergeVmas(core: Core, mapping: Mapping): void {
  for (let i = 1; i < mapping.vmas.length;) {
    const left = mapping.vmas[i - 1] as Vma;
    const right = mapping.vmas[i] as Vma;
    const anonVma = left.anonVma ?? right.anonVma;
    const alike = left.access === right.access && left.accounted === right.accounted;
    if (left.end !== right.start || !alike || anonVma !== (right.anonVma ?? left.anonVma)) {
      i++;
      continue;
    }
    left.end = right.end;
    left.anonVma = anonVma;
    left.seq = core.nextSeq();
    mapping.vmas.splice(i, 1);
  }
}

/** Cuts the VMAs at both ends of [start, end) and returns those inside. */
export function isolate(
  core: Core,
  process: Process,
  mapping: Mapping,
  start: number,
  end: number,
): readonly Vma[] {
  cutVma(core, process, mapping, start);
  cutVma(core, process, mapping, end);
  return mapping.vmas.filter((vma) => start <= vma.start && vma.end <= end);
}

/** Pieces of [start, end) that one PMD each maps at most. */
export function windows(start: number, end: number): [from: number, to: number][] {
  const out: [number, number][] = [];
  for (let from = start; from < end;) {
    const to = Math.min(end, from - slotOf(from) + PMD_PAGES);
    out.push([from, to]);
    from = to;
  }
  return out;
}
