import { CASE_ID, operationsOf, ScenarioFile } from './schema.js';
import type { Case, Step } from './schema.js';
import { pairId, pairs } from './pairs.js';
import { check, problems } from './yaml-source.js';
import type { Problem, YamlSource } from './yaml-source.js';
import { z } from 'zod';

type Value = string | number | boolean;
type Values = Readonly<Record<string, Value>>;

/** One set of parameters with the id of its case; an empty id is the only case of a scenario without cases. */
interface Variant {
  readonly id: string;
  readonly values: Values;
  /** Index in `cases`, where the case may have steps of its own. */
  readonly index?: number;
}

const Loose = z.looseObject({
  steps: z.unknown().optional(),
  cases: z.unknown().optional(),
  product: z.unknown().optional(),
  generate: z.unknown().optional(),
});

/** Made once: a schema costs more than what it checks of one case. */
const Steps = z
  .array(ScenarioFile.shape.steps.unwrap().element)
  .min(1, 'no steps: a scenario must do something');

/**
 * Cases of a scenario file, in the order of the file. Each case is checked with its values put in, so a message
 * about a value points at the place in the file that it came from. Throws CiError('usage').
 */
export function expandScenario(source: YamlSource, suite: string, fileId: string): Case[] {
  const root = check(source, Loose, source.value);
  const { steps: _steps, cases: rawCases, ...head } = root;
  const file = check(source, ScenarioFile, {
    ...head,
    ...(rawCases === undefined ? {} : { cases: withoutSteps(rawCases) }),
  });
  const wrong: Problem[] = [];
  if (file.id !== fileId)
    wrong.push({ path: ['id'], text: `the file is ${fileId}.yaml, its id must be the same` });
  const sources = [file.cases, file.product, file.generate].filter((part) => part !== undefined);
  if (sources.length > 1)
    wrong.push({ path: [], text: 'only one of cases, product and generate can make the cases' });
  if (wrong.length > 0) throw problems(source, wrong);

  const result: Case[] = [];
  const seen = new Set<string>();
  for (const variant of variantsOf(file, source)) {
    if (seen.has(variant.id))
      throw problems(source, [
        { path: ['cases', variant.index ?? 0, 'id'], text: `two cases have the id "${variant.id}"` },
      ]);
    seen.add(variant.id);
    result.push({
      suite,
      id: [suite, file.id, variant.id].filter((part) => part !== '').join('/'),
      scenario: file.id,
      title: file.title,
      guards: file.guards,
      requires: file.requires,
      generated: file.generate !== undefined || file.alike === true,
      carryOn: file.carryOn,
      deadlineMs: file.deadlineMs,
      steps: stepsOf(source, root, variant),
    });
  }
  return result;
}

function withoutSteps(cases: unknown): unknown {
  if (!Array.isArray(cases)) return cases;
  return cases.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return entry;
    const { steps: _steps, ...rest } = entry as Record<string, unknown>;
    return rest;
  });
}

function variantsOf(file: ScenarioFile, source: YamlSource): Variant[] {
  if (file.cases)
    return file.cases.map((entry, index) => ({ id: entry.id, values: entry.with ?? {}, index }));
  if (file.generate === 'pairs') return pairs().map((pair) => ({ id: pairId(pair), values: { ...pair } }));
  if (!file.product) return [{ id: '', values: {} }];
  const { id: template, over } = file.product;
  let all: Values[] = [{}];
  for (const [name, choices] of Object.entries(over)) {
    all = all.flatMap((values) => choices.map((choice) => ({ ...values, [name]: choice })));
  }
  return all.map((values) => {
    const id = template.replaceAll(/\$([a-z][a-z0-9]*)/g, (whole, name: string) =>
      String(values[name] ?? whole),
    );
    if (!CASE_ID.test(id)) {
      throw problems(source, [
        {
          path: ['product', 'id'],
          text: `gives the id "${id}", which has other characters than letters, digits and @,.+=_-`,
        },
      ]);
    }
    return { id, values };
  });
}

function stepsOf(source: YamlSource, root: z.infer<typeof Loose>, variant: Variant): Step[] {
  const own = variant.index === undefined ? undefined : at(at(root.cases, variant.index), 'steps');
  const path: (string | number)[] = own === undefined ? ['steps'] : ['cases', variant.index ?? 0, 'steps'];
  const raw = own ?? root.steps;
  if (raw === undefined)
    throw problems(source, [{ path: [], text: 'no steps: a scenario must do something' }]);
  const unknown: Problem[] = [];
  const filled = substitute(raw, variant.values, path, unknown);
  if (unknown.length > 0) throw problems(source, unknown);
  const steps = check(source, Steps, filled, path);
  const wrong = steps.flatMap((step, index) => wrongStep(step, [...path, index]));
  if (wrong.length > 0) throw problems(source, wrong);
  return steps;
}

function wrongStep(step: Step, path: readonly (string | number)[]): Problem[] {
  const names = operationsOf(step);
  if (names.length === 0) return [{ path, text: 'names no operation' }];
  if (names.length > 1)
    return [{ path, text: `has ${names.length} operations (${names.join(', ')}), a step is one` }];
  const { poke, munmap, mprotect, evict, expect } = step;
  const found: Problem[] = [];
  if (poke) {
    const forms = [poke.set !== undefined, poke.field !== undefined, poke.byte !== undefined].filter(
      Boolean,
    ).length;
    if (forms !== 1)
      found.push({ path: [...path, 'poke'], text: 'says what to write by exactly one of set, field, byte' });
    if ((poke.value === undefined) !== (poke.set !== undefined))
      found.push({ path: [...path, 'poke'], text: '`value` goes with field or byte, and only with them' });
    if ((poke.byte === undefined) !== (poke.size === undefined))
      found.push({ path: [...path, 'poke'], text: '`byte` and `size` go together' });
  }
  for (const [name, args] of Object.entries({ munmap, mprotect }))
    if (args && (args.page === undefined) !== (args.pages === undefined))
      found.push({ path: [...path, name], text: '`page` and `pages` go together' });
  if (evict?.pfns && (evict.pfn !== undefined || evict.pages !== undefined))
    found.push({ path: [...path, 'evict'], text: 'takes a list (pfns) or a range (pfn, pages)' });
  if (expect?.migrated !== undefined && !step.migrate && !step.back && !evict)
    found.push({ path: [...path, 'expect', 'migrated'], text: 'only migrate, back and evict move pages' });
  if (step.migrate?.owner !== undefined && step.migrate.fromDevice !== true)
    found.push({ path: [...path, 'migrate', 'owner'], text: '`owner` goes with fromDevice' });
  if (expect?.collected && !evict)
    found.push({ path: [...path, 'expect', 'collected'], text: 'only evict collects folios' });
  return found;
}

function substitute(
  value: unknown,
  values: Values,
  path: readonly (string | number)[],
  unknown: Problem[],
): unknown {
  if (typeof value === 'string' && /^\$[a-z][a-z0-9]*$/.test(value)) {
    const name = value.slice(1);
    if (!(name in values)) {
      unknown.push({
        path,
        text: `$${name} has no value; known here: ${
          Object.keys(values)
            .map((key) => `$${key}`)
            .join(' ') || 'none'
        }`,
      });
      return value;
    }
    return values[name];
  }
  if (Array.isArray(value))
    return value.map((entry: unknown, index) => substitute(entry, values, [...path, index], unknown));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]: [string, unknown]) => [
        key,
        substitute(entry, values, [...path, key], unknown),
      ]),
    );
  }
  return value;
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}
