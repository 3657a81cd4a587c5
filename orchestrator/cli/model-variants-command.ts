import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { compareVariants } from '../model/explore/compare-variants.js';
import { UNIVERSES } from '../model/explore/universe.js';
import type { UniverseId } from '../model/explore/universe.js';
import { tellingsText } from '../report/tellings.js';
import { variantNamed } from './model-variant.js';
import type { Outcome } from './program.js';

/** Deepest search that is allowed: at 8 steps the small universe has some 10^7 states. */
const MAX_DEPTH = 8;

interface Flags {
  readonly depth: number;
  readonly limit: number;
  readonly by: 'bits' | 'effects';
  readonly universe?: UniverseId;
  readonly locks: boolean;
  readonly pokes: boolean;
  readonly splits: boolean;
  readonly json: boolean;
}

function whole(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > max)
      throw new InvalidArgumentError(`a whole number from 1 to ${max} is expected.`);
    return value;
  };
}

export function addModelVariantsCommand(model: Command, outcome: Outcome): void {
  model
    .command('variants')
    .description('the shortest sequences of init and free that tell two variants of the kernel apart')
    .argument('<A>', 'a variant of zone_device_page_init(), for example a')
    .argument('<B>', 'another, for example b')
    .option('--depth <n>', 'try sequences of up to n steps', whole(MAX_DEPTH), 4)
    .option('--limit <k>', 'describe k sequences for each universe', whole(1000), 5)
    .addOption(
      new Option('--universe <name>', 'pages and folios to try (default: small and large)').choices(
        Object.keys(UNIVERSES),
      ),
    )
    .addOption(
      new Option(
        '--by <what>',
        'bits: anything a guest shows; effects: crash, hang, warnings, callbacks, references',
      )
        .choices(['bits', 'effects'])
        .default('bits'),
    )
    .option('--locks', 'also keep folios locked', false)
    .option('--pokes', 'also write into struct pages what mapped and charged folios leave', false)
    .option('--splits', 'also split folios into order 0', false)
    .option('--json', 'print it as JSON', false)
    .action((one: string, other: string, flags: Flags) => {
      const a = variantNamed(one);
      const b = variantNamed(other);
      const found = compareVariants(a, b, {
        depth: flags.depth,
        limit: flags.limit,
        by: flags.by,
        hold: flags.locks,
        pokes: flags.pokes,
        split: flags.splits,
        ...(flags.universe && { universe: flags.universe }),
      });
      process.stdout.write(flags.json ? `${JSON.stringify(found, plain, 2)}\n` : tellingsText(a, b, found));
      outcome.code = 0;
    });
}

/** 64-bit values as hex strings: JSON has no integers of that size. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
