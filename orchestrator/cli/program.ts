import { Command, CommanderError } from 'commander';
import { EXIT, exitCodeOf } from '../process/errors.js';
import type { ExitCode } from '../process/errors.js';
import { allowedExitCode } from '../process/signals.js';
import type { Supervision } from '../process/signals.js';
import { toolVersion } from '../store/version.js';
import { commandsFor } from './commands.js';
import { describeError } from './print-error.js';

/** What a command hands back: the exit code, once everything it started is gone. */
export interface Outcome {
  code: number;
}

/**
 * The command line as commander has it; nothing runs.
 * @param words those to be read, of which only the commands are loaded that they can mean; without any all
 */
export async function program(
  supervision: Supervision,
  outcome: Outcome,
  words: readonly string[] = [],
): Promise<Command> {
  const command = new Command('ci')
    .description(
      'Builds, boots and checks every point of a kernel patch series for ZONE_DEVICE device-private large folios',
    )
    .version(toolVersion(), '--version', 'print the version of ci')
    .showSuggestionAfterError(true)
    .showHelpAfterError('(ci --help and ci run --help list the options)')
    .exitOverride()
    .configureOutput({
      writeErr: (text) => void process.stderr.write(text.replace(/^error: /, 'ci: usage: ')),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 good, 1 bad, 125 cannot tell, 128 infrastructure, 129 usage, 130 and 143 signals.',
    );
  for (const add of await commandsFor(words)) add(command, supervision, outcome);
  return command;
}

/** Runs one command line under `supervise`: signals, teardown and exit codes are its business. */
export async function main(argv: readonly string[], supervision: Supervision): Promise<ExitCode> {
  const outcome: Outcome = { code: EXIT.good };
  const verbose = argv.includes('-v') || argv.includes('--verbose');
  try {
    const command = await program(supervision, outcome, argv.slice(2));
    await command.parseAsync([...argv]);
    return allowedExitCode(outcome.code);
  } catch (error) {
    if (supervision.signal.aborted) return EXIT.infra;
    // Help and version are what was asked for; the rest is a command line that cannot be understood.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
    process.stderr.write(describeError(error, verbose));
    return exitCodeOf(error);
  }
}
