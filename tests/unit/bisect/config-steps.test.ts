import * as assert from 'uvu/assert';
import { fragmentWith, inOrder, optionSteps } from '../../../orchestrator/bisect/config-steps.js';
import { parseFragment } from '../../../orchestrator/kernel/fragment.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/config-steps');

const options = (text: string): ReturnType<typeof parseFragment> => parseFragment(text, 'x.config');
const before = options('CONFIG_A=y\nCONFIG_N=2\nCONFIG_S="x y"\nCONFIG_SAME=m\nCONFIG_OFF=n\n');
const after = options('CONFIG_N=4\nCONFIG_SAME=m\nCONFIG_B=y\n# CONFIG_S is not set\n');
const steps = optionSteps(before, after);

/** Steps by `NAME` for one that is switched on, `-NAME` for one that is switched off. */
const named = (...names: string[]): ReturnType<typeof optionSteps> =>
  names.map((name) => ({
    name: name.replace('-', ''),
    from: name.startsWith('-') ? 'y' : 'n',
    to: name.startsWith('-') ? 'n' : 'y',
  }));
const order = (names: string, dependencies: Readonly<Record<string, string>>): string =>
  inOrder(
    named(...names.split(' ')),
    new Map(Object.entries(dependencies).map(([name, on]) => [name, new Set(on.split(' '))])),
  )
    .map(({ name }) => name)
    .join(' ');

test('what differs, by name, whether it comes, goes or changes', () => {
  assert.equal(steps, [
    { name: 'CONFIG_A', from: 'y', to: 'n' },
    { name: 'CONFIG_B', from: 'n', to: 'y' },
    { name: 'CONFIG_N', from: '2', to: '4' },
    { name: 'CONFIG_S', from: '"x y"', to: 'n' },
  ]);
});

test('an option comes after what it depends on, and goes before it', () => {
  assert.is(order('A B C', { A: 'C' }), 'B C A');
  assert.is(order('-A -B -C', { C: 'A' }), 'B C A');
  assert.is(order('A -B', { A: 'B' }), 'B A', 'one that needs another to be off');
  assert.is(order('-A B', { A: 'B' }), 'A B', 'one that cannot stay when another comes');
});

test('chains, and circles in the order of names', () => {
  assert.is(order('A B C D', { A: 'B', B: 'C', C: 'D' }), 'D C B A');
  assert.is(order('A B C', { A: 'B', B: 'A' }), 'C A B');
  assert.is(order('A B', {}), 'A B');
});

test('a fragment between the two names every option, as optional', () => {
  const lines = options(fragmentWith(steps, new Set([1, 3])));
  assert.ok(lines.every(({ optional }) => optional));
  assert.equal(
    lines.map(({ name, value }) => `${name}=${value}`),
    ['CONFIG_A=n', 'CONFIG_B=n', 'CONFIG_N=4', 'CONFIG_S="x y"'],
  );
});

test.run();
