import { COUNTS } from './counts.js';
import { FLAGS } from './flags.js';
import { LINKS } from './links.js';
import { WORDS } from './words.js';
import type { Symptom } from '../symptoms.js';

/**
 * Every stale field, what sees it first, and what it does where no check sees it. `DEBUG_VM` compiles in VM_BUG_ON and
 * VM_WARN_ON, `DEBUG_VM_PGFLAGS` those of the flag functions. First match wins.
 */
export const SYMPTOMS: readonly Symptom[] = [...FLAGS, ...LINKS, ...WORDS, ...COUNTS];
