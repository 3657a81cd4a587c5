import type { Command } from 'commander';
import { Argument } from 'commander';
import { projectRoot } from '../store/paths.js';
import { toolVersion } from '../store/version.js';
import { commandTree } from './command-tree.js';
import { bashCompletion } from './completion-bash.js';
import { fishCompletion, zshCompletion } from './completion-other.js';
import { knownNames } from './known-names.js';
import { manPage } from './man-page.js';
import type { Outcome } from './program.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const HELP = `
  bash   source <(./ci completion bash)
  zsh    source <(./ci completion zsh)
  fish   ./ci completion fish | source
The function is for a command named ci, and for ./ci.`;

/** `ci completion` and `ci man`: what the tree of commands says, for shells and for man(1). */
export function addCompletionCommands(program: Command, outcome: Outcome): void {
  program
    .command('completion')
    .description('completion of commands, options and names for a shell, on stdout')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .addHelpText('after', HELP)
    .action(async (shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](commandTree(program, await knownNames()), projectRoot()));
      outcome.code = 0;
    });
  program
    .command('man')
    .description('the manual page, on stdout: ci man | man -l -')
    .action(() => {
      process.stdout.write(
        manPage(commandTree(program), toolVersion(), new Date().toISOString().slice(0, 10)),
      );
      outcome.code = 0;
    });
}
