import {
  FRESH,
  MAX_ORDER,
  NEW_ROLES,
  OLD_ROLES,
  newRole,
  oldPiece,
  oldRole,
  pieceRole,
  transition,
  transitionParts,
} from './page-role.js';

/**
 * Which transitions a page can make at all, by sequences of any length: the closure over what one page can see.
 *
 * A page's role and the fate of its head are all that its next transition depends on, and every step that the closure
 * takes can be taken in the whole chunk: before an init of k@h that covers the page, every living folio in the way can be
 * freed, and that changes neither the page nor its head's fate. The one exception is in `canCover`: a folio that lives on
 * the old head and would be covered has to be freed first, and then the head is no longer alive.
 */
export interface PageState {
  /** FRESH_PAGE, PIECE, or the order of the folio that the page was last in. */
  readonly last: number;
  readonly live: boolean;
  /** Index in HEAD_FATES. */
  readonly fate: number;
}

const FRESH_PAGE = -1;
const PIECE = -2;
const SIZE = 2 ** MAX_ORDER;

interface Step {
  readonly to: PageState;
  /** Number of the transition that the step is; absent: the page's role stays. */
  readonly transition?: number;
}

function oldOf(page: number, { last, fate }: PageState): number {
  return last === FRESH_PAGE ? FRESH : last === PIECE ? oldPiece(page) : oldRole(page, last, fate);
}

function canCover(page: number, { last, fate }: PageState, order: number): boolean {
  if (fate !== 2) return true;
  const head = page - (page % 2 ** last);
  return page - (page % 2 ** order) > head;
}

function stepsOf(page: number, state: PageState): Step[] {
  const { last, live, fate } = state;
  const steps: Step[] = [];
  if (live) {
    steps.push({ to: { ...state, live: false } });
    if (last === MAX_ORDER)
      steps.push({
        to: { last: PIECE, live: true, fate: 0 },
        transition: transition(oldOf(page, state), pieceRole(page)),
      });
    return steps;
  }
  for (let order = 0; order <= MAX_ORDER; order++)
    if (canCover(page, state, order))
      steps.push({
        to: { last: order, live: true, fate: 0 },
        transition: transition(oldOf(page, state), newRole(page, order)),
      });
  // The head of a free folio is re-made by one of order 0 or more that does not reach the page.
  if (last > 0 && page % 2 ** last > 0) steps.push({ to: { ...state, fate: fate === 2 ? 1 : 2 } });
  return steps;
}

/** Numbers of all transitions that any page can make. */
export function reachableTransitions(): ReadonlySet<number> {
  const found = new Set<number>();
  for (let page = 0; page < SIZE; page++) {
    const seen = new Set<string>();
    const open: PageState[] = [{ last: FRESH_PAGE, live: false, fate: 0 }];
    for (let state = open.pop(); state; state = open.pop()) {
      const key = `${state.last} ${state.live} ${state.fate}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const { to, transition } of stepsOf(page, state)) {
        if (transition !== undefined) found.add(transition);
        open.push(to);
      }
    }
  }
  return found;
}

/** Pages that have a role as old and one as new role when alignment alone decides. */
function alignmentAllows(from: string, to: string): boolean {
  const strip = (role: string): string => role.replace(/ \(.*\)$/, '');
  const has = (page: number, role: string): boolean =>
    role === 'fresh' ||
    NEW_ROLES[pieceRole(page)] === role ||
    Array.from({ length: MAX_ORDER + 1 }, (_, order) => NEW_ROLES[newRole(page, order)]).includes(role);
  return Array.from({ length: SIZE }, (_, page) => page).some(
    (page) => has(page, strip(from)) && has(page, to),
  );
}

/** Why no sequence makes a page go from one role to another. */
export function whyUnreachable(number: number): string {
  const { from, to } = transitionParts(number);
  if (to.startsWith('piece'))
    return from.endsWith('/9')
      ? 'a split keeps the place: page 0 of the folio becomes the first piece'
      : 'only a living order-9 folio is split: no other large folio of device memory is mapped';
  if (!alignmentAllows(from, to))
    return 'natural alignment: no page is both (a first tail is odd, a second tail 2 modulo 4, a head a multiple of its size)';
  if (from.endsWith('(head alive)')) return 'the new folio would cover the old head, on which a folio lives';
  return 'no sequence of inits, frees and splits gives it';
}

/** Every transition between two roles, sorted into those that can be made and those that cannot, with the reason. */
export function classifyTransitions(): {
  readonly reachable: readonly number[];
  readonly unreachable: readonly { readonly transition: number; readonly why: string }[];
} {
  const reachable = reachableTransitions();
  const all = Array.from({ length: OLD_ROLES.length * NEW_ROLES.length }, (_, number) => number);
  return {
    reachable: all.filter((number) => reachable.has(number)),
    unreachable: all
      .filter((number) => !reachable.has(number))
      .map((number) => ({ transition: number, why: whyUnreachable(number) })),
  };
}
