import type { Difference } from '../model/explore/difference.js';
import type { Telling, Tellings } from '../model/explore/telling.js';
import { UNIVERSES } from '../model/explore/universe.js';
import type { SearchStep, UniverseId } from '../model/explore/universe.js';
import type { Variant } from '../model/variants.js';

/** A step in few words: `init 9@0`, `init 0@1 kept locked`, `free 0`. */
export function stepText(op: SearchStep): string {
  switch (op.op) {
    case 'init':
      return `init ${op.order}@${op.pfn}${op.unlock === 'none' ? ' kept locked' : ''}`;
    case 'poke':
      return `poke page ${op.pfn} byte ${op.byte} = 0x${op.value.toString(16)} (${op.size} bytes)`;
    case 'unlock':
    case 'free':
    case 'split':
      return `${op.op} ${op.pfn}`;
  }
}

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

function differenceLines(differences: readonly Difference[], [a, b]: readonly [string, string]): string[] {
  const lines: string[] = [];
  let where = '';
  for (const { kind, page, pages = 1, field, transition, a: one, b: other } of differences) {
    if (kind !== 'bits') {
      lines.push(kind, `  ${a}: ${one}`, `  ${b}: ${other}`);
      continue;
    }
    const here = `${pages > 1 ? `pages ${page} to ${(page ?? 0) + pages - 1}` : `page ${page}`} (${transition})`;
    if (here !== where) lines.push(here);
    where = here;
    lines.push(`  ${field}: ${a} ${one}, ${b} ${other}`);
  }
  return lines;
}

function tellingLines(telling: Telling, number: number, names: readonly [string, string]): string[] {
  const { steps, ways, alike, differences, afterwards } = telling;
  const notes = [
    ...(ways > 1 ? [`${ways} orders of its steps`] : []),
    ...(alike > 0 ? [`${alike} more alike`] : []),
  ];
  return [
    `${number}. ${steps.map(stepText).join(', ')}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`,
    ...differenceLines(differences, names).map((line) => `   ${line}`),
    ...afterwards.flatMap(({ step, differences: more }) => [
      `   then ${stepText(step)}:`,
      ...differenceLines(more, names).map((line) => `     ${line}`),
    ]),
  ];
}

function verdict({ count, depth, closed, states, steps, by }: Tellings): string {
  const effort = `${plural(states, 'state')}, ${plural(steps, 'step')} tried`;
  if (count > 0)
    return `told apart after ${plural(depth, 'step')}, not earlier, by ${plural(count, 'sequence')} (${effort})`;
  const how = by === 'effects' ? ' by what a kernel does besides changing bytes' : '';
  return closed
    ? `no sequence of any length tells them apart${how}: every state was reached (${effort})`
    : `no sequence of up to ${plural(depth, 'step')} tells them apart${how} (${effort})`;
}

/** What tells two variants apart, as text for people; newline at the end. */
export function tellingsText(a: Variant, b: Variant, all: readonly Tellings[]): string {
  const width = Math.max(a.id.length, b.id.length);
  const lines = [a, b].map(({ id, summary }) => `${id.padEnd(width)}  ${summary}`);
  for (const one of all) {
    lines.push('', UNIVERSES[one.universe as UniverseId].summary, `  ${verdict(one)}`);
    for (const [i, telling] of one.tellings.entries())
      lines.push(...tellingLines(telling, i + 1, [a.id, b.id]).map((line) => `  ${line}`));
  }
  return `${lines.join('\n')}\n`;
}
