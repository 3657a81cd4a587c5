import type { Command } from 'commander';
import { addModelCoverCommand } from './model-cover-command.js';
import { addModelExplainCommand } from './model-explain-command.js';
import { addModelRunCommand } from './model-run-command.js';
import { addModelVariantsCommand } from './model-variants-command.js';
import type { Outcome } from './program.js';

/** `ci model`: the reference model on its own, without a kernel or a guest. One file for each of its commands. */
export function addModelCommand(program: Command, outcome: Outcome): void {
  const model = program
    .command('model')
    .description('the reference model on its own: no kernel, no guest')
    .showHelpAfterError('(ci model --help lists the commands)');
  addModelRunCommand(model, outcome);
  addModelExplainCommand(model, outcome);
  addModelVariantsCommand(model, outcome);
  addModelCoverCommand(model, outcome);
}
