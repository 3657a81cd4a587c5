import * as assert from 'uvu/assert';
import { asked, checkFlags } from '../../../orchestrator/cli/bisect-flags.js';
import type { BisectFlags } from '../../../orchestrator/cli/bisect-flags.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/bisect-flags');

const flags: BisectFlags = {
  source: '7.3',
  suite: [],
  profile: 'default',
  config: [],
  makeOption: [],
  accel: 'auto',
  machine: 'x86_64',
  fix: false,
  maxRuns: 1000,
  jobs: 2,
  json: false,
  mail: false,
  verbose: false,
  quiet: false,
};

async function refused(what: readonly string[], more: Partial<BisectFlags>): Promise<string> {
  try {
    checkFlags(what, { ...flags, ...more });
    await asked(what, { ...flags, ...more });
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage') return error.message;
    throw error;
  }
  return 'taken';
}

test('two configurations, and the series whose last patch they are of', async () => {
  const alone = await asked(['default'], { ...flags, config: ['nodebug'] });
  assert.equal([alone.configs, alone.series, alone.between], [['nodebug', 'default'], undefined, undefined]);
  assert.equal(alone.fragments, []);
  const patched = await asked(['default', 'A..B'], { ...flags, config: ['nodebug'], base: 'v7.3' });
  assert.equal([patched.configs, patched.series, patched.base], [['nodebug', 'default'], 'A..B', 'v7.3']);
});

test('otherwise a series, or two commits, and the fragments for all kernels', async () => {
  const series = await asked(['A..B'], { ...flags, config: ['/some/x.config'] });
  assert.equal([series.series, series.fragments, series.configs], ['A..B', ['/some/x.config'], undefined]);
  assert.equal((await asked(['v7.2', 'v7.3'], flags)).between, ['v7.2', 'v7.3']);
  assert.equal(
    [(await asked(['x'], flags)).confidence, (await asked(['x'], { ...flags, mail: true })).confidence],
    [0.95, 0.99],
  );
});

test('what does not go together', async () => {
  assert.match(await refused(['default', 'a', 'b'], { config: ['nodebug'] }), /not 3 arguments/);
  assert.match(await refused(['default'], { config: ['nodebug'], mail: true }), /an option has none/);
  assert.match(await refused(['v7.2', 'v7.3'], { base: 'v7.1' }), /--base is for a SERIES/);
  assert.match(await refused([], {}), /nothing to bisect/);
  assert.match(await refused(['x'], { json: true, mail: true }), /exclude each other/);
  assert.match(await refused(['x'], { resume: true }), /what was asked then/);
});

test.run();
