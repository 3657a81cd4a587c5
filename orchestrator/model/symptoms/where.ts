import type { Role } from '../roles.js';

/** Roles that rows of symptoms hold for. */
export const SMALL: readonly Role[] = ['order0'];
export const HEADS: readonly Role[] = ['order0', 'head'];
export const TAILS: readonly Role[] = ['tail1', 'tail2', 'tail'];
