import { Step } from '../schema.js';
import { simplerSteps } from './simpler.js';
import { possibleSteps } from './walk.js';

/**
 * One change on the way from a drawn sequence to the shortest that fails alike: `count` steps from `at` on (counted from 1) left
 * out, or the step at `at` replaced by one of its simpler forms, or the migration at `at` by a folio of the driver's own that comes
 * and goes on the same pages, or all places on the device moved down by `by` pages.
 */
export type Edit =
  | { readonly kind: 'drop'; readonly at: number; readonly count: number }
  | { readonly kind: 'simplify'; readonly at: number; readonly form: number }
  | { readonly kind: 'own'; readonly at: number }
  | { readonly kind: 'move'; readonly by: number };

/** Edits as text, in order: `d4+9.d1.m512.s2=0`; `-` where there is none. Letters that a case id may have. */
export function pathText(edits: readonly Edit[]): string {
  return edits.length === 0 ? '-' : edits.map(editText).join('.');
}

function editText(edit: Edit): string {
  switch (edit.kind) {
    case 'drop':
      return `d${edit.at}${edit.count > 1 ? `+${edit.count}` : ''}`;
    case 'simplify':
      return `s${edit.at}=${edit.form}`;
    case 'own':
      return `o${edit.at}`;
    case 'move':
      return `m${edit.by}`;
  }
}

/** The edits that `text` stands for; undefined where it is no text of pathText(). */
export function parsePath(text: string): readonly Edit[] | undefined {
  if (text === '-') return [];
  const edits: Edit[] = [];
  for (const part of text.split('.')) {
    const [, dropped, count = '1', simplified, form, own, by] =
      /^(?:d([1-9]\d*)(?:\+([1-9]\d*))?|s([1-9]\d*)=(\d+)|o([1-9]\d*)|m([1-9]\d*))$/.exec(part) ?? [];
    if (dropped !== undefined) edits.push({ kind: 'drop', at: Number(dropped), count: Number(count) });
    else if (simplified !== undefined)
      edits.push({ kind: 'simplify', at: Number(simplified), form: Number(form) });
    else if (own !== undefined) edits.push({ kind: 'own', at: Number(own) });
    else if (by !== undefined) edits.push({ kind: 'move', by: Number(by) });
    else return undefined;
  }
  return edits;
}

/**
 * The steps after an edit, without those that cannot be done any more; undefined where the edit names what is not there.
 */
export function applyEdit(steps: readonly Step[], edit: Edit): readonly Step[] | undefined {
  if (edit.kind === 'move') {
    const moved = steps.map((step) => atOtherPlace(step, (pfn) => pfn - edit.by));
    return edit.by <= roomBelow(steps) ? possibleSteps(moved) : undefined;
  }
  const index = edit.at - 1;
  const step = steps[index];
  if (step === undefined) return undefined;
  if (edit.kind === 'drop')
    return edit.at - 1 + edit.count > steps.length
      ? undefined
      : possibleSteps([...steps.slice(0, index), ...steps.slice(index + edit.count)]);
  if (edit.kind === 'own') {
    const own = ownFolio(step);
    return own && possibleSteps([...steps.slice(0, index), ...own, ...steps.slice(index + 1)]);
  }
  const form = simplerSteps(step)[edit.form];
  return (
    form && possibleSteps([...steps.slice(0, index), form, ...followed(step, form, steps.slice(index + 1))])
  );
}

/** A folio that the driver makes where a migration makes one, and that is gone at once; undefined where it makes more than one. */
function ownFolio({ migrate }: Step): readonly Step[] | undefined {
  const [to, another] = migrate?.to ?? [];
  if (to === undefined || another !== undefined || (to.count ?? 1) > 1) return undefined;
  const { pfn, order } = to;
  return [Step.parse({ init: { pfn, order } }), Step.parse({ free: { pfn } })];
}

/** The steps after an init that has become another: what is done to its folio is done to it where it is now. */
function followed(from: Step, to: Step, rest: readonly Step[]): readonly Step[] {
  const [old, now] = [from.init?.pfn, to.init?.pfn];
  if (old === undefined || now === undefined || old === now) return rest;
  const next = rest.findIndex(({ init }) => init?.pfn === old);
  const end = next < 0 ? rest.length : next;
  return rest.map((step, index) => {
    const { free, unlock } = step;
    if (index >= end) return step;
    if (free?.pfn === old) return { ...step, free: { ...free, pfn: now } };
    return unlock?.pfn === old ? { ...step, unlock: { ...unlock, pfn: now } } : step;
  });
}

/** Places on the device that a step names, each by another. */
function atOtherPlace(step: Step, move: (pfn: number) => number): Step {
  const { init, free, unlock, migrate, evict } = step;
  if (init) return { ...step, init: { ...init, pfn: move(init.pfn) } };
  if (free) return { ...step, free: { ...free, pfn: move(free.pfn) } };
  if (unlock) return { ...step, unlock: { ...unlock, pfn: move(unlock.pfn) } };
  if (migrate)
    return { ...step, migrate: { ...migrate, to: migrate.to.map((to) => ({ ...to, pfn: move(to.pfn) })) } };
  if (evict?.pfns) return { ...step, evict: { pfns: evict.pfns.map(move) } };
  return evict?.pfn === undefined ? step : { ...step, evict: { ...evict, pfn: move(evict.pfn) } };
}

/** By how many pages all places of the steps can be moved down without a change of the alignment of any folio. */
export function roomBelow(steps: readonly Step[]): number {
  let unit = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const step of steps) {
    for (const { order } of [...(step.init ? [step.init] : []), ...(step.migrate?.to ?? [])])
      unit = Math.max(unit, 2 ** order);
    atOtherPlace(step, (pfn) => {
      least = Math.min(least, pfn);
      return pfn;
    });
  }
  return Number.isFinite(least) ? least - (least % unit) : 0;
}

/** All edits in turn; undefined where one of them does not fit. */
export function applyPath(steps: readonly Step[], edits: readonly Edit[]): readonly Step[] | undefined {
  let now: readonly Step[] | undefined = steps;
  for (const edit of edits) now = now && applyEdit(now, edit);
  return now;
}
