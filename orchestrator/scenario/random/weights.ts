import { z } from 'zod';

/** Operations that are drawn; a poke stands for code that no campaign can have run. */
const DRAWN = [
  'init',
  'unlock',
  'free',
  'mmap',
  'fill',
  'touch',
  'verify',
  'migrate',
  'munmap',
  'dontneed',
  'mprotect',
  'fork',
  'exit',
  'evict',
  'knobs',
] as const;
export type DrawnOperation = (typeof DRAWN)[number];

const percent = z.number().int().min(0).max(100);
const weight = z.number().int().min(0).max(1000);

/** What sequences are drawn by: tests/suites/random.yaml. A change of it gives other sequences for the same seed. */
export const Weights = z.strictObject({
  /** Steps of a sequence. */
  steps: z.strictObject({ least: z.number().int().min(1), most: z.number().int().max(100) }),
  /** How often a folio goes to pages that an earlier one had, of places that are drawn. */
  reuse: percent,
  /** How often an init keeps its lock. */
  locked: percent,
  /** How often the driver stores data of its own. */
  data: percent,
  /** Orders of folios that the driver makes, 0 first. */
  orders: z.array(weight).length(10),
  /** Kinds of sequences: how often each, and which operations it is made of. */
  mixes: z.record(
    z.string().regex(/^[a-z]+$/),
    z.strictObject({
      share: weight,
      operations: z.partialRecord(z.enum(DRAWN), weight),
    }),
  ),
});
export type Weights = z.infer<typeof Weights>;
