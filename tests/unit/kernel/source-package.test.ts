import * as assert from 'uvu/assert';
import {
  candidates,
  matchesWant,
  parseShow,
  withSuites,
} from '../../../orchestrator/kernel/source-package.js';
import { pickStored, type SourceRecord } from '../../../orchestrator/kernel/source-store.js';
import { parseMakefileRelease } from '../../../orchestrator/kernel/release.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/source-package');

const stanza = (name: string, version: string): string =>
  `Package: ${name}\nVersion: ${version}\nSize: 1000\nDescription: x\n more\n`;
const SHOW = [
  stanza('linux-source-7.2', '7.2.13-1'),
  stanza('linux-source-7.3', '7.3~rc7-1~exp1'),
  stanza('linux-source-7.3', '7.3.4-1~bpo13+1'),
  stanza('linux-source-7.3', '7.3.4-1~bpo13+1'),
  stanza('linux-source-7.10', '7.10.1-1'),
  stanza('linux-source', '7.3.4-1~bpo13+1'),
].join('\n');
const versions = (packages: readonly { version: string }[]): string[] =>
  packages.map((entry) => entry.version);

test('reads what apt-cache prints, each version once, with its suite', () => {
  const packages = withSuites(
    parseShow(SHOW),
    'linux-source-7.3 | 7.3~rc7-1~exp1 | http://m/debian experimental/main amd64 Packages\n',
  );
  assert.is(packages.length, 4);
  assert.is(packages.find((entry) => entry.version === '7.3~rc7-1~exp1')?.suite, 'experimental');
});

test('the wanted series first, its newest version first; else the newest of each series', () => {
  const { wanted, others } = candidates(parseShow(SHOW), '7.3', false);
  assert.equal(versions(wanted), ['7.3.4-1~bpo13+1', '7.3~rc7-1~exp1']);
  assert.equal(versions(others), ['7.10.1-1', '7.2.13-1']);
  assert.equal(versions(candidates(parseShow(SHOW), '9.9', false).wanted), []);
  assert.equal(candidates(parseShow(SHOW), '9.9', true).others, []);
});

test('a release candidate or a point release can be asked for by name', () => {
  for (const want of ['7.3-rc7', '7.3~rc7', '7.3~rc7-1~exp1']) {
    assert.ok(matchesWant(want, 'linux-source-7.3', '7.3~rc7-1~exp1'), want);
    assert.not(matchesWant(want, 'linux-source-7.3', '7.3.4-1~bpo13+1'), want);
  }
  assert.not(matchesWant('7.3', 'linux-source-7.30', '7.30-1'));
});

test('the cache: the newest that is wanted, or without a wish the newest with the feature', () => {
  const record = (version: string, name: string, hasFeature: boolean): SourceRecord => ({
    package: name,
    packageVersion: version,
    version,
    head: 'h',
    tag: 't',
    hasFeature,
  });
  const stored = [
    record('7.3.4-1', 'linux-source-7.3', true),
    record('6.12.1-1', 'linux-source-6.12', false),
  ];
  assert.is(pickStored(stored, '6.12')?.packageVersion, '6.12.1-1');
  assert.is(pickStored(stored, undefined)?.packageVersion, '7.3.4-1');
  assert.is(pickStored(stored, '7.2'), undefined);
});

test('kernel version from the Makefile', () => {
  const makefile = '# SPDX\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\nEXTRAVERSION = -rc7\nNAME = x\n';
  assert.is(parseMakefileRelease(makefile)?.text, '7.3.0-rc7');
  assert.is(parseMakefileRelease('all:\n\techo\n'), undefined);
});

test.run();
