import path from 'node:path';
import { runCampaign } from '../scenario/random/run-campaign.js';
import type { CampaignOptions } from '../scenario/random/run-campaign.js';
import type { RandomSuite } from '../scenario/suite-file.js';
import { writeFileAtomic } from '../store/atomic.js';
import type { TestRecord } from '../store/records.js';
import type { RunContext } from './context.js';
import { legFile } from './evidence.js';

/** What the campaign of one kernel needs beside what the run has. */
export interface RandomOptions extends Omit<
  CampaignOptions,
  'suite' | 'seed' | 'minutes' | 'quota' | 'save' | 'again'
> {
  readonly context: RunContext;
}

/** Runs the generated campaign on one kernel; scenarios that failures were shrunk to lie beside the results of its point. */
export async function runRandom(suite: RandomSuite, options: RandomOptions): Promise<TestRecord[]> {
  const { context, ...rest } = options;
  const { campaign, dir } = context;
  if (campaign === undefined) throw new Error(`suite ${suite.id} without a campaign`);
  const folder = path.join(dir.pointDir(options.point), legFile('shrunk', options.profile));
  return runCampaign({
    ...rest,
    ...campaign,
    suite,
    save: async (name, text) => {
      const file = path.join(folder, name);
      await writeFileAtomic(file, text);
      return path.relative(dir.dir, file);
    },
  });
}
