import * as assert from 'uvu/assert';
import { program } from '../../../orchestrator/cli/program.js';
import { Teardown } from '../../../orchestrator/process/teardown.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/commands');

async function names(...words: string[]): Promise<string[]> {
  const supervision = { signal: new AbortController().signal, teardown: new Teardown() };
  return (await program(supervision, { code: 0 }, words)).commands.map((command) => command.name());
}

test('a command line that begins with a command has that one, to say the version none is there', async () => {
  const all = await names();
  assert.equal(all.slice(0, 2), ['run', 'bisect']);
  assert.equal(all.slice(-2), ['completion', 'man']);
  assert.equal(await names('--version'), []);
  for (const name of all.slice(0, -2)) assert.equal(await names(name, '--help'), [name]);
});

test('whatever names several, or none, has all', async () => {
  const all = await names();
  for (const words of [
    ['--help'],
    ['help', 'run'],
    ['rnu'],
    ['-v', 'run'],
    ['completion', 'bash'],
    ['man'],
    [''],
  ])
    assert.equal(await names(...words), all);
});

test.run();
