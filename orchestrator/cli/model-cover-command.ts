import path from 'node:path';
import type { Command } from 'commander';
import { cover } from '../model/explore/cover.js';
import { coverText } from '../report/cover.js';
import { coverFiles } from '../scenario/cover-file.js';
import { writeFileAtomic } from '../store/atomic.js';
import { projectRoot } from '../store/paths.js';
import type { Outcome } from './program.js';

export function addModelCoverCommand(model: Command, outcome: Outcome): void {
  model
    .command('cover')
    .description('the fewest sequences in which a page makes every transition between roles that it can make')
    .option('--write', 'make the scenario files of it in tests/scenarios', false)
    .option('--json', 'print it as JSON', false)
    .action(async (flags: { readonly write: boolean; readonly json: boolean }) => {
      const found = cover();
      if (flags.write)
        for (const { name, text } of coverFiles(found))
          await writeFileAtomic(path.join(projectRoot(), 'tests', 'scenarios', name), text);
      process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : coverText(found));
      outcome.code = 0;
    });
}
