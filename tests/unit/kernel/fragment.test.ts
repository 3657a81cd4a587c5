import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  mergeOptions,
  missingOptions,
  parseDotConfig,
  parseFragment,
  renderOptions,
} from '../../../orchestrator/kernel/fragment.js';
import {
  bundledFragments,
  loadProfiles,
  parseProfiles,
  wantedOptions,
} from '../../../orchestrator/kernel/profiles.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/fragment');

async function errorOf(fn: () => unknown): Promise<CiError> {
  try {
    await fn();
  } catch (error) {
    return error as CiError;
  }
  throw new Error('was to throw');
}

test('reads values, reasons, places and "not set"', () => {
  const text =
    '# head\n\nCONFIG_A=y # why\nCONFIG_B="x # y" # optional: only 7.x\n# CONFIG_C is not set\nCONFIG_D=0x10\n';
  const options = parseFragment(text, 'f.config');
  assert.equal(
    options.map(({ name, value, reason, optional, line }) => [name, value, reason, optional, line]),
    [
      ['CONFIG_A', 'y', 'why', false, 3],
      ['CONFIG_B', '"x # y"', 'only 7.x', true, 4],
      ['CONFIG_C', 'n', undefined, false, 5],
      ['CONFIG_D', '0x10', undefined, false, 6],
    ],
  );
});

test('a line that is no option is an error with its place', async () => {
  const error = await errorOf(() => parseFragment('CONFIG_A=y\nDEBUG=y\n', 'my.config'));
  assert.is(error.fault, 'usage');
  assert.is(error.details.where, 'my.config:2');
});

test('later fragments win and render as Kconfig reads them', () => {
  const options = mergeOptions([
    ...parseFragment('CONFIG_A=y\nCONFIG_B=m\n', 'one'),
    ...parseFragment('CONFIG_A=n\n', 'two'),
  ]);
  assert.is(renderOptions(options), '# CONFIG_A is not set\nCONFIG_B=m\n');
  assert.is(options[0]?.file, 'two');
});

test('finds what a config lacks; "off" means absent; numbers compare by value', () => {
  const wanted = parseFragment('CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=16\nCONFIG_D=m\nCONFIG_E=n\n', 'f');
  const config = parseDotConfig('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=0x10\nCONFIG_D=y\nCONFIG_E=y\n');
  assert.equal(
    missingOptions(wanted, config).map((option) => option.name),
    ['CONFIG_D', 'CONFIG_E'],
  );
});

test('every bundled option has a reason, and every fragment is in a profile', async () => {
  const profiles = await loadProfiles();
  const used = new Set(
    Object.values(profiles).flatMap(({ fragments, objects }) => [
      ...fragments,
      ...(objects?.fragments ?? []),
    ]),
  );
  for (const name of await bundledFragments()) {
    assert.ok(used.has(name), `${name}.config is in no profile`);
    const text = await readFile(join(projectRoot(), 'kconfigs', `${name}.config`), 'utf8');
    for (const option of parseFragment(text, name)) {
      assert.ok(option.reason !== undefined, `${name}.config:${option.line}: ${option.name} has no reason`);
    }
  }
});

test('the profiles of the contract are there, without debug info', async () => {
  for (const profile of ['default', 'nodebug', 'kasan', 'lockdep']) {
    const values = new Map((await wantedOptions(profile, [])).map((option) => [option.name, option.value]));
    assert.is(values.get('CONFIG_DEBUG_INFO_NONE'), 'y', profile);
    assert.is(values.get('CONFIG_DEVICE_PRIVATE'), 'y', profile);
    assert.is(values.get('CONFIG_DEBUG_VM'), profile === 'nodebug' ? undefined : 'y', profile);
  }
});

test('an unknown profile names those there are', async () => {
  const error = await errorOf(() => wantedOptions('kazan', []));
  assert.is(error.fault, 'usage');
  assert.match(error.details.remedy ?? '', /default, nodebug, kasan, lockdep/);
});

test('a fragment of the user that is not there is a usage error', async () => {
  const error = await errorOf(() => wantedOptions('default', ['/nonexistent/x.config']));
  assert.is(error.fault, 'usage');
  assert.is(error.details.where, '/nonexistent/x.config');
});

test('a typo in profiles.yaml is found at its place', async () => {
  const error = await errorOf(() =>
    parseProfiles('default:\n  description: x\n  fragments: base\n', 'p.yaml'),
  );
  assert.is(error.details.where, 'p.yaml:3:14');
  assert.match(error.message, /fragments/);
});

test.run();
