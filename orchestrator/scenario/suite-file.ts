import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { sha256 } from '../store/hash.js';
import { expandScenario } from './expand.js';
import { nearest } from './nearest.js';
import type { SequenceName } from './random/case.js';
import { Weights } from './random/weights.js';
import type { Case } from './schema.js';
import { check, parseYaml, problems } from './yaml-source.js';

const head = { id: z.string().regex(/^[a-z][a-z0-9-]*$/), title: z.string().min(1) };
const argv = z.array(z.string().min(1)).min(1);

const ScenarioSuiteFile = z.strictObject({
  ...head,
  kind: z.literal('scenarios'),
  /** Names of files in tests/scenarios, without .yaml. */
  scenarios: z.array(z.string()).min(1),
  deadlineMs: z.number().int().min(1_000),
});

const KselftestFile = z.strictObject({
  ...head,
  kind: z.literal('kselftest'),
  /** Commands in the guest before the test, each must succeed. */
  prepare: z.array(argv).default([]),
  /** The program; the word `$exclude` stands for `-T <name>` of each excluded test. */
  run: argv,
  /** Tests that are not run, with the reason; each becomes a `skip`. */
  exclude: z.array(z.strictObject({ test: z.string().min(1), reason: z.string().min(20) })).default([]),
  deadlineMs: z.number().int().min(1_000),
});

const RandomFile = z.strictObject({
  ...head,
  kind: z.literal('random'),
  weights: Weights,
  /** So many failing sequences say enough of a kernel: no more are drawn for it. */
  enough: z.number().int().min(1),
  /** Failures of a kernel that are shrunk, one for each failure key, and the time for each before the time scale. */
  shrink: z.strictObject({
    failures: z.number().int().min(0),
    deadlineMs: z.number().int().min(1_000),
  }),
});

/** Tells them apart before either is checked, so that messages are about the right one. */
const Kind = z.looseObject({ kind: z.enum(['scenarios', 'kselftest', 'random']) });

export interface ScenarioSuite {
  readonly kind: 'scenarios';
  readonly id: string;
  readonly title: string;
  readonly cases: readonly Case[];
  readonly deadlineMs: number;
  /** Changes whenever what the suite does changes. */
  readonly digest: string;
}

export interface KselftestSuite {
  readonly kind: 'kselftest';
  readonly id: string;
  readonly title: string;
  readonly prepare: readonly (readonly string[])[];
  readonly run: readonly string[];
  /** Full names (`fixture.variant.test`) of tests that are not run, and why. */
  readonly exclude: readonly { readonly test: string; readonly reason: string }[];
  readonly deadlineMs: number;
  readonly digest: string;
}

/** Sequences drawn from a seed for as long as the user has said. */
export interface RandomSuite {
  readonly kind: 'random';
  readonly id: string;
  readonly title: string;
  readonly weights: Weights;
  readonly enough: number;
  readonly shrink: { readonly failures: number; readonly deadlineMs: number };
  /** The one sequence that was asked for; absent: all that there is time for. */
  readonly only?: SequenceName;
  readonly digest: string;
}

export type Suite = ScenarioSuite | KselftestSuite | RandomSuite;

/**
 * Loads tests/suites/<name>.yaml below `root` and the scenarios that it names.
 * Throws CiError('usage') with file, line and column of every problem; an unknown name with a guess.
 */
export async function loadSuite(root: string, name: string): Promise<Suite> {
  const folder = join(root, 'tests', 'suites');
  const known = (await readdir(folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5));
  if (!known.includes(name)) {
    const guess = nearest(name, known);
    throw new CiError('usage', `no suite "${name}"${guess ? `, did you mean "${guess}"?` : ''}`, {
      remedy: `suites: ${known.sort().join(', ')}`,
    });
  }
  const label = `tests/suites/${name}.yaml`;
  const text = await readFile(join(root, label), 'utf8');
  const source = parseYaml(text, label);
  const { kind } = check(source, Kind, source.value);
  if (kind === 'kselftest') return { ...check(source, KselftestFile, source.value), digest: sha256(text) };
  if (kind === 'random') return { ...check(source, RandomFile, source.value), digest: sha256(text) };
  const file = check(source, ScenarioSuiteFile, source.value);
  const cases: Case[] = [];
  const texts = [text];
  for (const [index, id] of file.scenarios.entries()) {
    const path = `tests/scenarios/${id}.yaml`;
    const content = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (content === undefined)
      throw problems(source, [{ path: ['scenarios', index], text: `there is no ${path}` }]);
    texts.push(content);
    cases.push(...expandScenario(parseYaml(content, path), file.id, id));
  }
  return {
    kind: 'scenarios',
    id: file.id,
    title: file.title,
    cases,
    deadlineMs: file.deadlineMs,
    digest: sha256(...texts),
  };
}

/** Names of all suites, for help texts. */
export async function suiteNames(root: string): Promise<string[]> {
  const files = await readdir(join(root, 'tests', 'suites'));
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5))
    .sort();
}

/**
 * Cases whose id matches a glob: `*` stands for anything, slashes too, `[SAD]` for one of these characters; the suite
 * may be left out, and a scenario's name stands for all its cases.
 */
export function selectCases<T extends Pick<Case, 'id' | 'suite'>>(cases: readonly T[], glob: string): T[] {
  const pattern = glob.replaceAll(/\[\w+\]|[\\^$.|?+()[\]{}*]/g, (part) => {
    if (part === '*') return '.*';
    return part.length > 1 ? part : `\\${part}`;
  });
  const whole = new RegExp(`^(?:${pattern})(?:/.*)?$`);
  return cases.filter(({ id, suite }) => whole.test(id) || whole.test(id.slice(suite.length + 1)));
}
