import type { Case, Step } from '../schema.js';
import { applyPath, parsePath } from './edit.js';
import { drawSequence, needsOf } from './draw.js';
import type { Weights } from './weights.js';

/** What one test of a campaign is about: sequence `index` of the campaign of `seed`, and where `path` is there, what a shrink made of it. */
export interface SequenceName {
  readonly seed: number;
  readonly index: number;
  /** Edits, in the words of pathText(). */
  readonly path?: string;
}

/** Deadline of a case: many times what one needs, and hangs have deadlines of their own. */
const DEADLINE_MS = 60_000;

/** `<suite>/<seed>-<index>[/<path>]` */
export function idOf(suite: string, { seed, index, path }: SequenceName): string {
  return `${suite}/${seed}-${index}${path === undefined ? '' : `/${path}`}`;
}

/** The sequence that a test id is about, with or without its suite in front; undefined where it is no such id. */
export function sequenceOf(suite: string, id: string): SequenceName | undefined {
  const bare = id.startsWith(`${suite}/`) ? id.slice(suite.length + 1) : id;
  const [, seed, index, path] = /^(\d+)-(\d+)(?:\/([^/]+))?$/.exec(bare) ?? [];
  if (seed === undefined || index === undefined) return undefined;
  return { seed: Number(seed), index: Number(index), ...(path === undefined ? {} : { path }) };
}

/** A sequence as a case of a suite. */
export function caseOf(suite: string, name: SequenceName, steps: readonly Step[]): Case {
  const id = idOf(suite, name);
  return {
    suite,
    id,
    scenario: id.slice(suite.length + 1),
    title: `Sequence ${name.index} of the campaign of seed ${name.seed}`,
    guards: 'Whatever was on the pages before: what a folio of 7.3 looks like, and the data of processes.',
    requires: { config: [], features: needsOf(steps) },
    generated: true,
    carryOn: false,
    deadlineMs: DEADLINE_MS,
    steps,
  };
}

/**
 * The case of a name, drawn and, where it has a path, shrunk again without any guest; undefined where the weights draw none or
 * the path does not fit.
 */
export function drawnCase(suite: string, name: SequenceName, weights: Weights): Case | undefined {
  const drawn = drawSequence(name.seed, name.index, weights);
  const edits = name.path === undefined ? [] : parsePath(name.path);
  const steps = edits && applyPath(drawn, edits);
  return steps === undefined || steps.length === 0 ? undefined : caseOf(suite, name, steps);
}
