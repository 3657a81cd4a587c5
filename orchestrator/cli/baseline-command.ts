import path from 'node:path';
import type { Command } from 'commander';
import { CiError } from '../process/errors.js';
import { printable } from '../report/printable.js';
import { reduceEvents } from '../report/reduce.js';
import { readJournal } from '../store/journal.js';
import { baselineOf, steadied, versionName } from '../verdict/baseline.js';
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
    .argument('<run>', 'id or path of a run directory')
    .option('--name <name>', 'name of the baseline (default: the version, for example 7.3)')
    .action(async (name: string, flags: { readonly name?: string }) => {
      const run = reduceEvents(readJournal(path.join(locateRun(name), 'events.jsonl')));
      const chosen = flags.name ?? versionName(run.base.describe);
      if (chosen === undefined || !/^[\w.+-]+$/.test(chosen))
        throw new CiError('usage', `a baseline of ${run.base.describe} needs a name`, {
          remedy: '--name with letters, digits, ".", "-", "+" and "_" gives one',
        });
      const today = new Date().toISOString().slice(0, 10);
      const made = steadied(baselineOf(run, chosen, today), await loadBaselines());
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
