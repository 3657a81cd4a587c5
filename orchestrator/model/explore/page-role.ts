/**
 * What a page was and what it becomes, for the covering set: roles by order class, from the operations alone. The
 * orders of a class leave the same fields on the same pages; what differs between 3 and 8 is the value of the order.
 */

export const MAX_ORDER = 9;

/** Order 0 apart; 1: no second tail, no deferred list; 2: one tail with TAIL_MAPPING; 3 to 8; 9: can be mapped by a PMD. */
export const ORDER_CLASSES = ['0', '1', '2', '3..8', '9'] as const;
export type OrderClass = (typeof ORDER_CLASSES)[number];

export function orderClass(order: number): OrderClass {
  return ORDER_CLASSES[Math.min(order, 3) + (order === MAX_ORDER ? 1 : 0)] as OrderClass;
}

/** Roles that an init or a split gives, with the order class: `order0`, `tail1/3..8`, `piece tail1`. */
export const NEW_ROLES: readonly string[] = [
  'order0',
  ...['1', '2', '3..8', '9'].flatMap((c) => [`head/${c}`, `tail1/${c}`]),
  ...['2', '3..8', '9'].flatMap((c) => [`tail2/${c}`, `tail/${c}`]),
  ...['head', 'tail1', 'tail2', 'tail'].map((position) => `piece ${position}`),
];

/** Where the head of a dead folio's tail is now: still what it was, re-made and free again, or re-made and alive. */
export const HEAD_FATES = ['', 'head re-made', 'head alive'] as const;

/** Roles in which an init finds a page. Those of tails come once for each fate of their head. */
export const OLD_ROLES: readonly string[] = [
  'fresh',
  ...NEW_ROLES.flatMap((role) =>
    role.startsWith('tail') ? HEAD_FATES.map((fate) => (fate ? `${role} (${fate})` : role)) : [role],
  ),
];

const newNumbers = new Map(NEW_ROLES.map((role, i) => [role, i]));
const oldNumbers = new Map(OLD_ROLES.map((role, i) => [role, i]));

const POSITIONS = ['head', 'tail1', 'tail2', 'tail'] as const;

function positionAt(index: number): (typeof POSITIONS)[number] {
  return POSITIONS[Math.min(index, 3)] as (typeof POSITIONS)[number];
}

/** Role of a page in a folio of `order` at its natural place. */
function roleText(page: number, order: number): string {
  return order === 0 ? 'order0' : `${positionAt(page % 2 ** order)}/${orderClass(order)}`;
}

/** Number in NEW_ROLES of the role that a page gets in a folio of `order`. */
export function newRole(page: number, order: number): number {
  return newNumbers.get(roleText(page, order)) as number;
}

/** Number in NEW_ROLES of what a split of an order-9 folio makes of a page. */
export function pieceRole(page: number): number {
  return newNumbers.get(`piece ${positionAt(page % 2 ** MAX_ORDER)}`) as number;
}

/** Number in OLD_ROLES of a page of a folio of `order`. @param fate index in HEAD_FATES, for tails */
export function oldRole(page: number, order: number, fate = 0): number {
  const role = roleText(page, order);
  return oldNumbers.get(fate === 0 ? role : `${role} (${HEAD_FATES[fate] as string})`) as number;
}

export function oldPiece(page: number): number {
  return oldNumbers.get(`piece ${positionAt(page % 2 ** MAX_ORDER)}`) as number;
}

export const FRESH = 0;

/** Number of a transition; transitions are numbered old role by old role. */
export function transition(from: number, to: number): number {
  return from * NEW_ROLES.length + to;
}

export const TRANSITIONS = OLD_ROLES.length * NEW_ROLES.length;

export function transitionParts(number: number): { readonly from: string; readonly to: string } {
  return {
    from: OLD_ROLES[Math.floor(number / NEW_ROLES.length)] as string,
    to: NEW_ROLES[number % NEW_ROLES.length] as string,
  };
}

export function transitionText(number: number): string {
  const { from, to } = transitionParts(number);
  return `${from}→${to}`;
}
