import path from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { wantsColour } from '../report/colour.js';
import { renderStory } from '../report/story-text.js';
import { storyOf } from '../report/test-story.js';
import { readJournal } from '../store/journal.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';
import { PIPED_COLUMNS } from './table-context.js';

interface Flags {
  readonly point?: number;
  readonly json: boolean;
}

function pointIndex(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected the number of a point, 0 for the base');
  return value;
}

export function addModelExplainCommand(model: Command, outcome: Outcome): void {
  model
    .command('explain')
    .description('how a failure came about, from the events of a run alone')
    .argument('<run>', 'id or path of a run directory')
    .argument('<test>', 'id of a test, for example mixed-order/S2')
    .option('--point <n>', 'point of the series (default: the first at which the test failed)', pointIndex)
    .option('--json', 'print it as JSON', false)
    .action((run: string, test: string, flags: Flags) => {
      const dir = locateRun(run);
      const story = storyOf(readJournal(path.join(dir, 'events.jsonl')), test, flags.point);
      const context = {
        columns: process.stdout.isTTY ? process.stdout.columns : PIPED_COLUMNS,
        colour: wantsColour(process.env, process.stdout),
      };
      process.stdout.write(flags.json ? `${JSON.stringify(story, null, 2)}\n` : renderStory(story, context));
      outcome.code = 0;
    });
}
