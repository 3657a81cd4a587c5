import { firings, symptomOf } from '../model/symptoms.js';
import { ROLES } from '../model/roles.js';
import { CiError } from '../process/errors.js';
import type { Deviation, Event, ModelFit, PointRecord, TestRecord } from '../store/records.js';
import { inFlowStyle } from '../scenario/words.js';
import { StepLog } from './attempts.js';
import type { StepEvent } from './attempts.js';
import { reduceEvents } from './reduce.js';
import { testsOf } from './words.js';

/** One request of the test and what came back. */
export interface StoryStep {
  readonly step: number;
  /** As a scenario file has it: `init { pfn: 0, order: 9 }`. */
  readonly words: string;
  /** `512 pages changed`, `hang`, `refused with EBUSY`. */
  readonly reply: string;
}

/** One way of core-mm to trip over a wrong field; `condition` names the options it depends on. */
export interface StoryFiring {
  readonly condition: string;
  readonly effect: string;
  readonly line: string;
}

/** A deviation under both readings of its bytes. */
export interface StoryDeviation {
  readonly deviation: Deviation;
  /** The role in which the bytes were written, and the field as its writer meant it. */
  readonly wrote: { readonly field: string; readonly role?: string };
  /** The role in which they are read now, and the field that core-mm takes them for. */
  readonly reads: { readonly field: string; readonly role?: string };
  readonly firings: readonly StoryFiring[];
}

export interface TestStory {
  readonly point: Pick<PointRecord, 'index' | 'subject' | 'commit' | 'verdict'>;
  readonly test: Pick<
    TestRecord,
    'id' | 'verdict' | 'kind' | 'failureKey' | 'reason' | 'runs' | 'matches' | 'triaged'
  >;
  readonly steps: readonly StoryStep[];
  /** Why there are no steps, where there are none. */
  readonly noSteps?: string;
  readonly deviations: readonly StoryDeviation[];
  readonly splats: readonly { readonly title: string; readonly frames: readonly string[] }[];
  /** What the variants foretold, and other lines of text that the test left. */
  readonly evidence: readonly string[];
  readonly model?: ModelFit;
}

/**
 * The story of one test, from the events of its run alone.
 * @param name id of the test, with or without its suite
 * @param at index of the point; default the first one at which it failed, else at which it was run
 * @throws CiError('usage') for a test or point that is not in the run
 */
export function storyOf(events: readonly Event[], name: string, at?: number): TestStory {
  const run = reduceEvents(events);
  const found = run.points.flatMap((point) =>
    testsOf(run, point)
      .filter((test) => test.id === name || test.id.slice(test.suite.length + 1) === name)
      .map((test) => ({ point, test })),
  );
  if (found.length === 0)
    throw unknownTest(
      name,
      run.points.flatMap((point) => point.tests),
    );
  const chosen =
    at === undefined
      ? (found.find(({ test }) => test.verdict === 'fail') ??
        found.find(({ test }) => test.verdict === 'flaky' || test.verdict === 'known') ??
        found[0])
      : found.find(({ point }) => point.index === at);
  if (!chosen)
    throw new CiError('usage', `${name} was not run at point ${at ?? ''}`, {
      remedy: `points that have it: ${found.map(({ point }) => point.index).join(', ')}`,
    });
  const { point, test } = chosen;
  return tellTest(point, test, new StepLog(events).of(originOf(run.points, point), test));
}

/** The story of one test, from its record and the steps that the journal has of it. */
export function tellTest(point: PointRecord, test: TestRecord, events: readonly StepEvent[]): TestStory {
  const { index, subject, commit, verdict } = point;
  const { id, kind, failureKey, reason, runs, matches, triaged } = test;
  return {
    point: { index, subject, commit, verdict },
    test: {
      id,
      verdict: test.verdict,
      ...(kind === undefined ? {} : { kind }),
      ...(failureKey === undefined ? {} : { failureKey }),
      ...(reason === undefined ? {} : { reason }),
      runs,
      matches,
      ...(triaged === undefined ? {} : { triaged }),
    },
    steps: events.map(stepInWords),
    ...(events.length > 0 ? {} : { noSteps: whyNoSteps(test) }),
    deviations: test.deviations.map(bothReadings),
    splats: test.splats.map(({ title, frames }) => ({ title, frames })),
    evidence: test.evidence,
    ...(test.model === undefined ? {} : { model: test.model }),
  };
}

function unknownTest(name: string, tests: readonly TestRecord[]): CiError {
  const failed = [...new Set(tests.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id))];
  const shown = failed.length > 0 ? failed : [...new Set(tests.map(({ id }) => id))];
  const more = shown.length > 12 ? ` … (${shown.length} in all)` : '';
  return new CiError('usage', `no test "${name}" in this run`, {
    remedy:
      shown.length === 0
        ? 'the run has no tests'
        : `${failed.length > 0 ? 'tests that failed' : 'tests'}: ${shown.slice(0, 12).join(', ')}${more}`,
  });
}

/** Index of the point whose guest ran the tests that this point has. */
export function originOf(points: readonly PointRecord[], point: PointRecord): number {
  if (point.tests.length > 0 || point.inheritedFrom === undefined) return point.index;
  const other = points.find(({ index }) => index === point.inheritedFrom);
  return other === undefined || other.index >= point.index ? point.index : originOf(points, other);
}

function whyNoSteps(test: TestRecord): string {
  if (test.reused) return 'the result was taken over from an earlier run, whose events have the steps';
  return 'the events have no steps of this test: it was not run in a guest';
}

function stepInWords({ step, op, reply }: StepEvent): StoryStep {
  return { step, words: requestInWords(op), reply: replyInWords(reply) };
}

function requestInWords({ op, ...args }: Readonly<Record<string, unknown>>): string {
  return `${String(op)} ${inFlowStyle(args)}`;
}

function replyInWords(reply: Readonly<Record<string, unknown>>): string {
  const text = (key: string): string | undefined => (typeof reply[key] === 'string' ? reply[key] : undefined);
  const lost = text('lost') ?? text('broken');
  if (lost !== undefined) return `no answer: ${lost}`;
  const parts: string[] = [];
  if (reply['hang'] === true) parts.push(`hangs, state ${text('state') ?? '?'}`);
  else if (reply['ok'] === false) parts.push(`refused with ${text('errno') ?? text('error') ?? 'no reason'}`);
  if (typeof reply['changed'] === 'number')
    parts.push(reply['changed'] === 1 ? '1 page changed' : `${reply['changed']} pages changed`);
  const callbacks = reply['cb'];
  if (typeof callbacks === 'string') parts.push(callbacks);
  else if (Array.isArray(callbacks))
    for (const one of callbacks as { fn?: unknown; pfn?: unknown; order?: unknown }[])
      parts.push(`${String(one.fn)}(page ${String(one.pfn)}, order ${String(one.order)})`);
  if (Array.isArray(reply['splats']))
    parts.push(...(reply['splats'] as unknown[]).map((title) => `says: ${String(title)}`));
  return parts.length === 0 ? 'nothing changed' : parts.join('; ');
}

/** The role before and after the arrow of a transition; a neighbour has only the present one. */
function rolesOf(transition: string | undefined): { readonly old?: string; readonly present?: string } {
  const neighbour = /^neighbour (\S+)$/.exec(transition ?? '');
  if (neighbour?.[1] !== undefined) return { present: neighbour[1] };
  const [old, present] = (transition ?? '').split('→');
  return present === undefined || old === undefined ? {} : { old, present };
}

function bothReadings(deviation: Deviation): StoryDeviation {
  const { field, writtenAs, writer, transition, found } = deviation;
  const { old, present } = rolesOf(transition);
  const wrote = writer?.role ?? old;
  const role = ROLES.find((one) => one === present);
  const value = /^0x[0-9a-f]+$/i.test(found) ? BigInt(found) : undefined;
  const symptom = symptomOf(field, role, writtenAs, value);
  return {
    deviation,
    wrote: { field: writtenAs ?? field, ...(wrote === undefined ? {} : { role: wrote }) },
    reads: { field, ...(present === undefined ? {} : { role: present }) },
    firings: symptom === undefined ? [] : firings(symptom, value),
  };
}
