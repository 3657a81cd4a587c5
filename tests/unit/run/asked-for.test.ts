import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { askedFor } from '../../../orchestrator/run/asked-for.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { options } from './support.js';

const test = suite('run/asked-for');

test('profile default differs in nothing from itself', async () => {
  assert.equal(await askedFor(options), {
    suites: ['mixed-order'],
    points: 'all',
    repeat: 1,
    source: '7.3',
    fragments: [],
    makeOptions: [],
    config: [{ profile: 'default', differs: [] }],
  });
});

test('a profile and a fragment of the user, without the folder it lies in', async () => {
  const file = path.join(scratchDir('asked-for'), 'mine.config');
  writeFileSync(file, 'CONFIG_SLUB_DEBUG=y # mine\n');
  const asked = await askedFor({ ...options, tree: '/a/tree', profiles: ['nodebug'], fragments: [file] });
  assert.is('source' in asked, false);
  assert.equal(asked.fragments, ['mine.config']);
  const [differs] = asked.config.map((one) => one.differs);
  assert.ok(differs?.includes('CONFIG_SLUB_DEBUG=y'));
  assert.ok(differs?.includes('# CONFIG_DEBUG_VM is not set'), String(differs));
});

test('an unknown profile is a usage error', async () => {
  try {
    await askedFor({ ...options, profiles: ['none'] });
  } catch (error) {
    assert.ok(error instanceof CiError && error.fault === 'usage');
    return;
  }
  assert.unreachable();
});

test.run();
