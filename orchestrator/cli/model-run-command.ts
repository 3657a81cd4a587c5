import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { LayoutError } from '../model/layout.js';
import { CiError } from '../process/errors.js';
import { wantsColour } from '../report/colour.js';
import { renderPlayed } from '../report/played-case.js';
import { nearest } from '../scenario/nearest.js';
import { caseNamed, loadScenario } from '../scenario/one-scenario.js';
import { CaseError, CHUNK_PAGES, knownOptions, playCase } from '../scenario/play.js';
import type { PlayedCase, PlayedKernel } from '../scenario/play.js';
import type { Case } from '../scenario/schema.js';
import { projectRoot } from '../store/paths.js';
import { variantNamed } from './model-variant.js';
import type { Outcome } from './program.js';
import { PIPED_COLUMNS } from './table-context.js';

interface Flags {
  readonly variant: string;
  readonly case?: string;
  readonly config: Readonly<Record<string, boolean>>;
  readonly tails: 'mask' | 'pointer';
  readonly json: boolean;
}

type Options = Readonly<Record<string, boolean>>;

/** `DEBUG_VM=n` of the command line, added to the options before it. */
export function modelOption(text: string, before: Options): Options {
  const match = /^(?:CONFIG_)?([A-Z0-9_]+)=([yn])$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected OPTION=y or OPTION=n, for example DEBUG_VM=n');
  const [, name = '', value] = match;
  const known = knownOptions();
  if (!known.includes(name)) {
    const guess = nearest(name, known);
    throw new InvalidArgumentError(
      `the model does not know ${name}${guess ? `, did you mean ${guess}?` : ''} (it knows ${known.join(', ')})`,
    );
  }
  return { ...before, [name]: value === 'y' };
}

/** What Kconfig would make of the options: DEBUG_VM_PGFLAGS depends on DEBUG_VM (lib/Kconfig.debug). */
export function settled(options: Options): Options {
  if (options['DEBUG_VM'] !== false) return options;
  if (options['DEBUG_VM_PGFLAGS'] === true)
    throw new CiError('usage', 'DEBUG_VM_PGFLAGS=y needs DEBUG_VM', {
      remedy: 'leave one of the two options out',
    });
  return { ...options, DEBUG_VM_PGFLAGS: false };
}

function play(test: Case, kernel: PlayedKernel): PlayedCase {
  try {
    return playCase(test, kernel);
  } catch (error) {
    if (error instanceof CaseError)
      throw new CiError('usage', error.message, {
        remedy: `the chunk has ${CHUNK_PAGES} pages; docs/scenarios.md describes every step`,
        cause: error,
      });
    if (error instanceof LayoutError)
      throw new CiError('usage', `the model has no layout for these options: ${error.message}`, {
        remedy: 'leave out --config options until it has; docs/model.md says what is modelled',
        cause: error,
      });
    throw error;
  }
}

export function addModelRunCommand(model: Command, outcome: Outcome): void {
  model
    .command('run')
    .description('play a scenario in the model alone: what each step changes, calls, warns of and ends in')
    .argument('<scenario>', 'a scenario file, or an id in tests/scenarios')
    .option('--variant <id>', 'variant of zone_device_page_init()', 'b')
    .option('--case <id>', 'only this case')
    .option('--config <option=y|n>', 'a kernel option, repeatable, for example DEBUG_VM=n', modelOption, {})
    .addOption(
      new Option('--tails <how>', 'how tails name their head (compound_info)')
        .choices(['mask', 'pointer'])
        .default('mask'),
    )
    .option('--json', 'print it as JSON', false)
    .action(async (name: string, flags: Flags) => {
      const kernel: PlayedKernel = {
        variant: variantNamed(flags.variant),
        tails: flags.tails,
        config: settled(flags.config),
      };
      const all = await loadScenario(projectRoot(), name);
      const cases = (flags.case === undefined ? all : [caseNamed(all, flags.case)]).map((test) =>
        play(test, kernel),
      );
      const { variant, tails, config } = kernel;
      if (flags.json) {
        const { id, summary } = variant;
        const shown = { variant: { id, summary }, tails, config, pages: CHUNK_PAGES, cases };
        process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
      } else {
        const context = {
          columns: process.stdout.isTTY ? process.stdout.columns : PIPED_COLUMNS,
          colour: wantsColour(process.env, process.stdout),
        };
        process.stdout.write(cases.map((one) => renderPlayed(one, kernel, context)).join('\n'));
      }
      outcome.code = 0;
    });
}
