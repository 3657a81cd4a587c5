import { hex } from './addresses.js';
import type { Origin } from './machine.js';
import type { Role } from './roles.js';
import { firingIn, firingInWords, symptomOf } from './symptoms.js';

export interface Finding {
  readonly step: number;
  readonly page: number;
  readonly byte: number;
  readonly field: string;
  /** What was found: the whole field; for flags the whole word. */
  readonly found: bigint;
  /** The same in words, where it is an address of the chunk. */
  readonly value?: string;
  readonly writtenAs: string;
  readonly origin?: Origin;
  /** Role before the step, for when nobody knows who wrote the bytes. */
  readonly oldRole: Role;
  readonly role: Role;
  /** The page is not one that the step is about. */
  readonly neighbour: boolean;
  /** Options of the kernel under test: they decide which check sees it. */
  readonly config: Readonly<Record<string, boolean>>;
}

function whose(origin: Origin): string {
  const { folio } = origin;
  if (!folio || origin.role === 'fresh') return '';
  return ` of the order-${folio.order} folio at page ${folio.pfn}`;
}

function past(f: Finding): string {
  const left = f.neighbour
    ? `changed by step ${f.step}, which is about other pages`
    : `not cleared by step ${f.step}`;
  const { origin, writtenAs: name } = f;
  if (!origin) return f.neighbour ? left : `\`${name}\` of its life as ${f.oldRole}, ${left}`;
  const when = origin.step === 0 ? 'before the first step' : `in step ${origin.step}`;
  if (origin.step === f.step) return `\`${name}\`${whose(origin)}, written in this step by ${origin.fn}`;
  return `\`${name}\`${whose(origin)}, written ${when} by ${origin.fn}, ${left}`;
}

/** One sentence: what the bytes are, who wrote them when, and what core-mm of this kernel takes them for. */
export function explain(f: Finding): string {
  const symptom = symptomOf(f.field, f.role, f.writtenAs, f.found);
  const firing = symptom && firingIn(symptom, f.config, f.found);
  const after = firing ? `: ${firingInWords(firing)}` : '';
  return `page ${f.page} byte ${f.byte} = ${f.value ?? hex(f.found)}: ${past(f)}; core-mm reads it as \`${f.field}\`${after}`;
}
