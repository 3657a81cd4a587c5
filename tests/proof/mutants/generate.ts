import { WRITERS } from '../../../orchestrator/model/writers.js';
import { modelFiles, modelText } from './files.js';
import { mutants } from './mutant.js';
import type { Mutant } from './mutant.js';
import { changesOf } from './operators.js';
import { structure } from './structure.js';

/** Every mutant of every file of the model, in order. */
export function allMutants(): Mutant[] {
  const writers = new Set(Object.keys(WRITERS));
  return modelFiles().flatMap((file) => {
    const source = structure(modelText(file));
    return mutants(file, source, changesOf(source, writers));
  });
}

/** Numbers in [0, 1) from a seed (mulberry32): the same choice for the same seed on any machine. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the mutants, every one as likely as any other, in the order in which they were drawn. */
export function sample(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const next = numbers(seed);
  const rest = [...all];
  const drawn: Mutant[] = [];
  while (drawn.length < count && rest.length > 0)
    drawn.push(...rest.splice(Math.floor(next() * rest.length), 1));
  return drawn;
}
