import { DEFAULT_MAPPING } from '../schema.js';
import type { Step } from '../schema.js';

/** Words of the head of a file, without line breaks. */
export interface ScenarioHead {
  readonly id: string;
  readonly title: string;
  readonly guards: string;
  readonly origin: string;
  readonly features: readonly string[];
  /** Comment lines before the fields. */
  readonly comments: readonly string[];
}

/** What need not be written: defaults of the schema. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  init: { unlock: 'page' },
  free: { how: 'page' },
  unlock: { how: 'page' },
  mmap: { name: DEFAULT_MAPPING },
  fill: { name: DEFAULT_MAPPING },
  verify: { name: DEFAULT_MAPPING },
  migrate: { name: DEFAULT_MAPPING },
  touch: { name: DEFAULT_MAPPING, pages: 1 },
  munmap: { name: DEFAULT_MAPPING, every: 1 },
  mprotect: { name: DEFAULT_MAPPING, every: 1 },
  dontneed: { name: DEFAULT_MAPPING, every: 1, pages: 1 },
};
/** Width of a line as the formatter of this repository has it. */
const COLUMNS = 110;

/** A scenario file as somebody could have written it, ready for tests/scenarios. */
export function scenarioText(head: ScenarioHead, steps: readonly Step[]): string {
  const { id, title, guards, origin, features, comments } = head;
  return [
    '# yaml-language-server: $schema=./schema.json',
    ...comments.map((line) => `# ${line}`),
    `id: ${id}`,
    `title: ${line(title)}`,
    `guards: ${line(guards)}`,
    `origin: ${line(origin)}`,
    ...(features.length > 0 ? [`requires: { features: [${features.join(', ')}] }`] : []),
    'steps:',
    ...steps.flatMap(stepLines),
    '',
  ].join('\n');
}

function stepLines({ expect, note: _note, ...step }: Step): string[] {
  const [[op, args] = ['', {}]] = Object.entries(step).filter(([, value]) => value !== undefined);
  const kept = Object.entries(args as object).filter(
    ([key, value]) => value !== undefined && DEFAULTS[op]?.[key] !== value,
  );
  const short = `  - ${op}: ${flow(Object.fromEntries(kept))}`;
  const lines = short.length <= COLUMNS ? [short] : [`  - ${op}:`, ...kept.flatMap(longArgument)];
  return expect === undefined ? lines : [...lines, `    expect: ${flow(expect)}`];
}

function longArgument([key, value]: [string, unknown]): string[] {
  if (!Array.isArray(value)) return [`      ${key}: ${flow(value)}`];
  return [`      ${key}:`, ...value.map((one: unknown) => `        - ${flow(one)}`)];
}

/** A value in the flow style of YAML, read back as it was. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => `${key}: ${flow(part)}`);
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
  }
  return typeof value === 'string' ? scalar(value) : String(value);
}

/** A text of a line of its own, in quotes where YAML would take it apart. */
function line(text: string): string {
  return /^[A-Za-z](?:(?!: |:$| #).)*$/.test(text) ? text : quoted(text);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A text inside a flow, in quotes where YAML would take it for something else. */
function scalar(text: string): string {
  const plain =
    /^[A-Za-z][^:#'"{}[\],&*!|>%@`]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return plain ? text : quoted(text);
}
