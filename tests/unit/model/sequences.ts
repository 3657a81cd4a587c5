import type { Operation } from '../../../orchestrator/model/index.js';
import { free, init, poke } from './support.js';

/** The sequences that separate the variants (docs/model.md); offsets from a place that every order is aligned to. */
const LOCKED = { unlock: 'none' } as const;

export const SEQUENCES: Readonly<Record<string, readonly Operation[]>> = {
  S1: [init('9@0'), free(0), init('0@0'), free(0)],
  S2: [init('9@0'), free(0), init('0@1')],
  S2b: [init('9@0'), free(0), init('0@0', LOCKED), init('0@1')],
  S2f: [init('9@0'), free(0), init('0@1'), free(1)],
  S3: [init('8@0'), init('8@256'), free(0), free(256), init('9@0')],
  S5: [init('9@0'), free(0), init('4@16')],
  S6: [init('0@1', { zdd: 5n }), init('0@0')],
  S7: [init('0@1'), poke(1, 0, 4, 0x00052000n), free(1), init('9@0')],
  S9: [init('9@0'), free(0), poke(1, 56, 8, 0xffff888012345678n), init('0@1')],
  S10: [poke(3, 40, 8, 7n), init('2@0')],
  S11: [init('0@512'), init('0@513'), free(512), free(513), init('9@512')],
};
