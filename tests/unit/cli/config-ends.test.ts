import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { configEnds } from '../../../orchestrator/cli/config-ends.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('cli/config-ends');
const file = join(scratchDir('ends'), 'bad.config');
writeFileSync(file, 'CONFIG_X=y\n');

test('profiles by name, files as absolute paths, and a series after them', async () => {
  assert.equal(await configEnds(['default'], ['nodebug']), { configs: ['nodebug', 'default'], rest: [] });
  assert.equal(await configEnds([file, 'my.mbox'], ['some.config']), {
    configs: [join(process.cwd(), 'some.config'), file],
    rest: ['my.mbox'],
  });
});

test('what comes after a fragment is a series or a revision otherwise', async () => {
  assert.is(await configEnds(['my.mbox'], ['some.config']), undefined);
  assert.is(await configEnds(['nowhere.config'], ['some.config']), undefined);
  assert.is(await configEnds(['v7.2', 'v7.3'], ['some.config']), undefined);
  assert.is(await configEnds(['default'], ['some.config', 'other.config']), undefined);
  assert.is(await configEnds(['default'], []), undefined);
  assert.is(await configEnds([], ['some.config']), undefined);
});

test.run();
