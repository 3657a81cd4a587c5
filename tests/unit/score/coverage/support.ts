import { classifyTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import type { Measured } from '../../../../orchestrator/score/coverage/record.js';
import { Tally } from '../../../../orchestrator/score/coverage/tally.js';

export const REACHABLE = classifyTransitions().reachable;

/** A measurement that saw these transitions, by number. */
export function measured(transitions: readonly number[], more: Partial<Measured['about']> = {}): Measured {
  const tally = new Tally();
  for (const number of transitions) tally.note(number, 'mixed-order/A1');
  return {
    about: {
      name: 'our suite',
      suites: ['mixed-order'],
      by: 'struct pages',
      base: 'v7.3.4',
      profile: 'default',
      kernelSignature: 'k1',
      tests: 717,
      failed: [],
      at: '2026-11-26T06:40:00.000Z',
      ms: 21_000,
      ...more,
    },
    tally,
  };
}
