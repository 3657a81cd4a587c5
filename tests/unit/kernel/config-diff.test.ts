import * as assert from 'uvu/assert';
import { configDiff, optionDiff } from '../../../orchestrator/kernel/config-diff.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/config-diff');

const base = '# a comment\nCONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_N=9\n';

test('options that came, went and changed, by name', () => {
  const after = '# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_N=9\nCONFIG_S="x y"\n';
  assert.equal(configDiff(base, after), [
    '# CONFIG_A is not set',
    'CONFIG_B=y',
    'CONFIG_C=y',
    'CONFIG_S="x y"',
  ]);
});

test('an option that is off and one that is not there are the same', () => {
  assert.equal(configDiff(base, base.replace('# CONFIG_C is not set\n', '')), []);
  assert.equal(optionDiff(new Map([['CONFIG_C', 'n']]), new Map()), []);
});

test.run();
