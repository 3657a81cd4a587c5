import path from 'node:path';
import type { Command } from 'commander';
import { CiError } from '../process/errors.js';
import { printable } from '../report/printable.js';
import { reduceEvents } from '../report/reduce.js';
import { readJournal } from '../store/journal.js';
import type { RunRecord } from '../store/records.js';
import { baselineOf, isAkin, steadied, versionName } from '../verdict/baseline.js';
import type { Baseline } from '../verdict/baseline.js';
import { loadBaselines, saveBaseline } from '../verdict/baselines.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';

/** `ci baseline`: what kernels gave when somebody found it right, for later runs to be compared with. */
export function addBaselineCommand(program: Command, outcome: Outcome): void {
  const baseline = program
    .command('baseline')
    .description('what later runs are compared with')
    .showHelpAfterError('(ci baseline --help lists the commands)');
  baseline
    .command('save')
    .description('keep the results of the base of a run in results/baselines')
    .argument(
      '<runs...>',
      'id or path of a run directory; more of the same base: what differs is intermittent',
    )
    .option('--name <name>', 'name of the baseline (default: the version, for example 7.3)')
    .action(async (names: readonly string[], flags: { readonly name?: string }) => {
      const [run, ...others] = names.map((name) =>
        reduceEvents(readJournal(path.join(locateRun(name), 'events.jsonl'))),
      );
      if (run === undefined) return;
      const chosen = flags.name ?? versionName(run.base.describe);
      if (chosen === undefined || !/^[\w.+-]+$/.test(chosen))
        throw new CiError('usage', `a baseline of ${run.base.describe} needs a name`, {
          remedy: '--name with letters, digits, ".", "-", "+" and "_" gives one',
        });
      const today = new Date().toISOString().slice(0, 10);
      const newest = baselineOf(run, chosen, today);
      const looks = others.map((other) => lookAt(other, newest, today));
      const made = steadied(newest, await loadBaselines(), looks);
      const file = await saveBaseline(made);
      const count = made.pass.length + Object.keys(made.known).length;
      process.stderr.write(
        `ci: ${path.relative(process.cwd(), file)}: ${count} tests pass, ${Object.keys(made.fail).length} fail${made.flaky.length === 0 ? '' : `, not compared since intermittent: ${made.flaky.join(', ')}`}; commit it\n`,
      );
      outcome.code = 0;
    });
  baseline
    .command('list')
    .description('the baselines there are')
    .action(async () => {
      for (const one of await loadBaselines())
        process.stdout.write(
          `${printable(`${one.name}  ${one.base}, profile ${one.profiles.join(', ')}, of ${one.savedAt}: ${one.pass.length} pass, ${Object.keys(one.known).length} known, ${Object.keys(one.fail).length} fail, ${one.skip.length} skip`)}\n`,
        );
      outcome.code = 0;
    });
}

/** Another run as a look at the base of the first; CiError('usage') where it is none. */
function lookAt(run: RunRecord, first: Baseline, today: string): Baseline {
  const look = baselineOf(run, first.name, today);
  if (look.base !== first.base || !isAkin(look, first))
    throw new CiError('usage', `run ${run.id} is of ${look.base}, run ${first.run} of ${first.base}`, {
      remedy: 'name runs of one base, with the same profiles and machine',
    });
  return look;
}
