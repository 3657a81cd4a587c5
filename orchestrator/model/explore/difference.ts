import { hex, symbol } from '../addresses.js';
import { compareMemory } from '../compare.js';
import type { Place } from '../kernel.js';
import { Machine } from '../machine.js';
import type { Callback, Effects } from '../operation.js';
import { RoleMap } from '../roles.js';
import type { Splat } from '../traps.js';
import type { Variant } from '../variants.js';
import type { SearchStep } from './universe.js';

export type DifferenceKind = 'bits' | 'callbacks' | 'references' | 'warnings' | 'crash' | 'hang' | 'foreign';

/** In what two kernels differ after the same steps. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** First page, for bits; `pages` in a row are alike. */
  readonly page?: number;
  readonly pages?: number;
  /** The field, under the reading of the page's present role; a flag is one bit. */
  readonly field?: string;
  /** Role before the step → role after it. */
  readonly transition?: string;
  /** What each kernel has there; addresses of the chunk as words. */
  readonly a: string;
  readonly b: string;
}

const stopText = (splat: Splat | undefined): string => (splat ? `${splat.line}: ${splat.why}` : 'none');
const callbackText = (calls: readonly Callback[]): string =>
  calls.map(({ fn, pfn, order }) => `${fn}(page ${pfn}, order ${order})`).join(', ') || 'none';
const warningText = (warnings: readonly Splat[]): string =>
  [...new Set(warnings.map(({ line, why }) => `${line}: ${why}`))].sort().join('; ') || 'none';

/** How a kernel ends; `foreign`: it goes on, but where the model does not follow. */
const ENDS = ['crash', 'hang', 'foreign'] as const;

/** Whether two kernels did the same besides changing bytes; made for the hot loop of a search. */
export function sameEffects(a: Effects, b: Effects): boolean {
  if (a.refs !== b.refs || ENDS.some((end) => a[end]?.line !== b[end]?.line)) return false;
  return (silent(a) && silent(b)) || sameText(a, b);
}

const silent = ({ callbacks, warnings }: Effects): boolean => callbacks.length === 0 && warnings.length === 0;

function sameText(a: Effects, b: Effects): boolean {
  return (
    callbackText(a.callbacks) === callbackText(b.callbacks) &&
    warningText(a.warnings) === warningText(b.warnings)
  );
}

/** What differs besides bytes, the worst first. Callbacks and references of a kernel that stopped are nobody's to read. */
export function effectDifferences(a: Effects, b: Effects): Difference[] {
  const found: Difference[] = [];
  const add = (kind: DifferenceKind, one: string, other: string): void => {
    if (one !== other) found.push({ kind, a: one, b: other });
  };
  for (const end of ENDS) if (a[end]?.line !== b[end]?.line) add(end, stopText(a[end]), stopText(b[end]));
  add('warnings', warningText(a.warnings), warningText(b.warnings));
  if (ENDS.some((end) => a[end] ?? b[end])) return found;
  add('callbacks', callbackText(a.callbacks), callbackText(b.callbacks));
  add('references', String(a.refs), String(b.refs));
  return found;
}

/** What a step makes of the roles of pages. */
export function follow(roles: RoleMap, op: SearchStep): void {
  if (op.op === 'init') roles.init(op.pfn, op.order);
  else if (op.op === 'free') roles.free(op.pfn);
  else if (op.op === 'split') roles.split(op.pfn);
}

/** Two kernels that take the same steps, for looking closely at one sequence. */
export class Twins {
  readonly #place: Place;
  readonly #a: Machine;
  readonly #b: Machine;
  readonly #roles: RoleMap;
  /** Roles as words, before the last step. */
  #before: readonly string[] = [];

  constructor(a: Variant, b: Variant, place: Place) {
    this.#place = place;
    this.#a = new Machine(a, place);
    this.#b = new Machine(b, place);
    this.#roles = new RoleMap(place.pages);
  }

  get stopped(): boolean {
    return this.#a.stopped || this.#b.stopped;
  }

  /** Takes a step on both. @returns what differs in what it did besides changing bytes */
  step(op: SearchStep): Difference[] {
    const roles = this.#roles;
    this.#before = Array.from({ length: roles.pages }, (_, page) => roles.describe(page));
    follow(roles, op);
    return effectDifferences(this.#a.apply(op), this.#b.apply(op));
  }

  /** Compared bits in which the two differ now; none where one has stopped, since its memory is nobody's to read. */
  bits(): Difference[] {
    if (this.stopped) return [];
    const { layout } = this.#place;
    const roles = this.#roles;
    const found: Difference[] = [];
    for (const { page, fields } of compareMemory(layout, this.#a.bytes, this.#b.bytes, (p) => roles.role(p)))
      for (const { field, bit, width, want, have } of fields) {
        const show = (value: bigint): string => {
          if (bit !== undefined && field !== 'order') return String((value >> BigInt(bit)) & 1n);
          if (field === 'order') return String(value & 0xffn);
          return (width === 8 ? symbol(this.#place, value) : undefined) ?? hex(value);
        };
        join(found, {
          kind: 'bits',
          page,
          pages: 1,
          field,
          transition: `${this.#before[page] as string}→${roles.describe(page)}`,
          a: show(want),
          b: show(have),
        });
      }
    return found;
  }
}

/** Adds a difference, or counts it to an equal one of the page before; the bits of an order are one. */
function join(found: Difference[], one: Difference): void {
  const page = one.page as number;
  const alike = found.findLast(
    (other) =>
      other.field === one.field &&
      other.transition === one.transition &&
      other.a === one.a &&
      other.b === one.b &&
      (other.page as number) + (other.pages as number) >= page,
  );
  if (!alike) found.push(one);
  else found[found.indexOf(alike)] = { ...alike, pages: page - (alike.page as number) + 1 };
}
