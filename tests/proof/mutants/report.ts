import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import type { SourceMapPayload } from 'node:module';
import { DIST } from './files.js';
import { isListed } from './equivalent.js';
import type { Entry } from './equivalent.js';
import { OPERATORS } from './mutant.js';
import type { Mutant } from './mutant.js';
import type { Fate, Trial } from './trial.js';

const FATES: readonly Fate[] = ['killed', 'timed out', 'survived', 'not covered'];

/** A table of fates by file and one by operator. */
export function tables(trials: readonly Trial[], explained: ReadonlyMap<string, Entry>): string {
  const files = [...new Set(trials.map(({ mutant }) => mutant.file))].toSorted();
  return [
    table('file', files, trials, (trial) => trial.mutant.file, explained),
    '',
    table('operator', OPERATORS, trials, (trial) => trial.mutant.operator, explained),
  ].join('\n');
}

function table(
  head: string,
  names: readonly string[],
  trials: readonly Trial[],
  nameOf: (trial: Trial) => string,
  explained: ReadonlyMap<string, Entry>,
): string {
  const row = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(34), ...cells.map((cell) => String(cell).padStart(11))].join(' ').trimEnd();
  const counts = (some: readonly Trial[]): number[] => [
    some.length,
    ...FATES.map((fate) => some.filter((trial) => trial.fate === fate).length),
    some.filter((trial) => lives(trial) && isListed(trial.mutant, explained)).length,
  ];
  return [
    row(head, ['mutants', ...FATES, 'explained']),
    ...names
      .map((name) => ({ name, some: trials.filter((trial) => nameOf(trial) === name) }))
      .filter(({ some }) => some.length > 0)
      .map(({ name, some }) => row(name, counts(some))),
    row('all', counts(trials)),
  ].join('\n');
}

/** No test told the mutant from the model. */
export function lives({ fate }: Trial): boolean {
  return fate === 'survived' || fate === 'not covered';
}

/** `orchestrator/model/steps.ts:12`, from the compiler's own map. */
export function sourceLine({ file, from }: Pick<Mutant, 'file' | 'from'>): string {
  const compiled = path.join(DIST, 'orchestrator', file);
  const before = readFileSync(compiled, 'utf8').slice(0, from).split('\n');
  const map = new SourceMap(JSON.parse(readFileSync(`${compiled}.map`, 'utf8')) as SourceMapPayload);
  const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
  const line = 'originalLine' in entry ? entry.originalLine + 1 : '?';
  return `orchestrator/${file.replace(/\.js$/, '.ts')}:${line}`;
}

/** One that lives and is not explained, in the form that the list of equivalent ones takes. */
export function survivorText({ mutant, fate }: Trial): string {
  return [
    `${sourceLine(mutant)}: ${fate} (${mutant.operator})`,
    `  - file: ${mutant.file}`,
    `    code: ${JSON.stringify(mutant.code)}`,
    `    mutation: ${JSON.stringify(mutant.what)}`,
    ...(mutant.in === undefined ? [] : [`    in: ${JSON.stringify(mutant.in)}`]),
    ...(mutant.nth === 1 ? [] : [`    nth: ${mutant.nth}`]),
  ].join('\n');
}
