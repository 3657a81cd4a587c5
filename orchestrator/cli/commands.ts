import type { Command } from 'commander';
import type { Supervision } from '../process/signals.js';
import type { Outcome } from './program.js';

/** Adds a command, or a few, to the program. */
export type AddCommand = (program: Command, supervision: Supervision, outcome: Outcome) => void;

const unsupervised =
  (add: (program: Command, outcome: Outcome) => void): AddCommand =>
  (program, _supervision, outcome) =>
    add(program, outcome);

/** By name, in the order of the help. Loaded where they are wanted: all of them are 400 modules, `list` is 60. */
const COMMANDS = new Map<string, () => Promise<AddCommand>>([
  ['run', async () => (await import('./run-command.js')).addRunCommand],
  ['bisect', async () => (await import('./bisect-command.js')).addBisectCommand],
  ['mutate', async () => (await import('./mutate-command.js')).addMutateCommand],
  ['coverage', async () => (await import('./coverage-command.js')).addCoverageCommand],
  ['report', async () => unsupervised((await import('./report-command.js')).addReportCommand)],
  ['list', async () => unsupervised((await import('./list-command.js')).addListCommand)],
  ['b4-check', async () => unsupervised((await import('./b4-check-command.js')).addB4CheckCommand)],
  ['baseline', async () => unsupervised((await import('./baseline-command.js')).addBaselineCommand)],
  ['triage', async () => unsupervised((await import('./triage-command.js')).addTriageCommand)],
  ['model', async () => unsupervised((await import('./model-command.js')).addModelCommand)],
  ['doctor', async () => unsupervised((await import('./doctor-command.js')).addDoctorCommand)],
]);

/**
 * What a command line can need: one command where it begins with the name of one, none to say the version, else all (help,
 * completion, a name that is not known and is compared with those that are).
 * @param words of the command line, without the program
 */
export async function commandsFor(words: readonly string[]): Promise<readonly AddCommand[]> {
  const [first = ''] = words;
  if (first === '--version') return [];
  const named = COMMANDS.get(first);
  if (named !== undefined) return [await named()];
  const { addCompletionCommands } = await import('./completion-command.js');
  const all = await Promise.all([...COMMANDS.values()].map((load) => load()));
  return [...all, unsupervised(addCompletionCommands)];
}
