import { readFile } from 'node:fs/promises';
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import type { z } from 'zod';
import { CiError } from '../process/errors.js';
import { nearest } from './nearest.js';

type Path = readonly (string | number)[];

/** A problem in a file that a person wrote; `path` leads to the value, from the root of the document. */
export interface Problem {
  readonly path: Path;
  readonly text: string;
  /** The key itself is wrong, not its value: point at the key. */
  readonly atKey?: boolean;
}

/** A parsed YAML file that can still say where each value stood. */
export interface YamlSource {
  /** As shown to the user, relative to the project where it is inside. */
  readonly label: string;
  readonly value: unknown;
  locate(problem: Problem): string;
}

/** Parses YAML; syntax errors and duplicate keys are CiError('usage') with file, line and column. */
export function parseYaml(text: string, label: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const first = document.errors[0];
  if (first) {
    const at = lines.linePos(first.pos[0]);
    throw usage(`${label}:${at.line}:${at.col}: ${first.message}`, `${label}:${at.line}:${at.col}`);
  }
  return {
    label,
    value: document.toJS(),
    locate(problem) {
      const offset = offsetOf(document, problem);
      const at = lines.linePos(offset);
      return `${label}:${at.line}:${at.col}`;
    },
  };
}

/** Reads and parses a YAML file; a missing file is CiError('usage'). */
export async function readYaml(file: string, label: string): Promise<YamlSource> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CiError('usage', `${label}: ${error instanceof Error ? error.message : String(error)}`, {
      where: label,
      remedy: 'check the name of the file',
      cause: error,
    });
  }
  return parseYaml(text, label);
}

/** Checks a value of the file with a schema; `at` leads from the root to the value. */
export function check<S extends z.ZodType>(
  source: YamlSource,
  schema: S,
  value: unknown,
  at: Path = [],
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // A misspelt key comes first: what is missing is missing because of it.
  const issues = result.error.issues.toSorted((a, b) => rank(a) - rank(b));
  throw problems(
    source,
    issues.flatMap((issue) => describe(issue, value, at, schema)),
  );
}

function rank(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? 0 : 1;
}

/** One error for all problems of a file; each line reads `file:line:col: path: text`. */
export function problems(source: YamlSource, found: readonly Problem[]): CiError {
  const lines = found.map((problem) => {
    const path = problem.path.join('.');
    return `${source.locate(problem)}: ${path === '' ? '' : `${path}: `}${problem.text}`;
  });
  const unique = [...new Set(lines)];
  const head = unique[0] ?? `${source.label}: not valid`;
  const where = found[0] ? source.locate(found[0]) : source.label;
  return usage(head, where, unique.length > 1 ? unique.slice(1, 10).join('\n') : undefined);
}

function usage(message: string, where: string, detail?: string): CiError {
  return new CiError('usage', message, {
    where,
    ...(detail === undefined ? {} : { detail }),
    remedy: 'docs/scenarios.md describes every field',
  });
}

function describe(issue: z.core.$ZodIssue, root: unknown, at: Path, schema: z.ZodType): Problem[] {
  const inner = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const path = [...at, ...inner];
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(schema, inner);
    return issue.keys.map((key) => {
      const guess = nearest(key, allowed);
      return {
        path: [...path, key],
        atKey: true,
        text: guess ? `unknown key, did you mean "${guess}"?` : 'unknown key',
      };
    });
  }
  if (issue.code === 'invalid_type' && valueAt(root, inner) === undefined) {
    return [{ path, text: `missing, expected ${issue.expected}` }];
  }
  return [{ path, text: lowerFirst(issue.message.replace(/^Invalid (?:input|option): /, '')) }];
}

/** Keys that the schema allows in the object at a path, for the guess at what a typo meant. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let present: unknown = schema;
  for (const part of path) {
    const def = definition(present);
    if (def?.shape && typeof part === 'string') present = def.shape[part];
    else if (def?.element) present = def.element;
    else return [];
  }
  return Object.keys(definition(present)?.shape ?? {});
}

interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
}

/** The definition of a zod schema below its optional and default wrappers. */
function definition(schema: unknown): Definition | undefined {
  let present = schema as { readonly def?: Definition & { readonly innerType?: unknown } } | undefined;
  while (present?.def?.innerType !== undefined) present = present.def.innerType as typeof present;
  return present?.def;
}

function valueAt(root: unknown, path: Path): unknown {
  let present = root;
  for (const part of path) {
    if (typeof present !== 'object' || present === null) return undefined;
    present = (present as Record<string | number, unknown>)[part];
  }
  return present;
}

/** Offset in the text of the deepest node on the path that exists. */
function offsetOf(document: Document.Parsed, problem: Problem): number {
  let deepest: Node | null = document.contents;
  let offset = deepest?.range?.[0] ?? 0;
  for (const [index, part] of problem.path.entries()) {
    if (problem.atKey && index === problem.path.length - 1 && isMap(deepest)) {
      const pair = deepest.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part,
      );
      return isNode(pair?.key) ? (pair.key.range?.[0] ?? offset) : offset;
    }
    const next: unknown = document.getIn(problem.path.slice(0, index + 1), true);
    if (!isNode(next)) break;
    deepest = next;
    offset = next.range?.[0] ?? offset;
  }
  return offset;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
