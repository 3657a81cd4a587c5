import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { compareDebVersions, tagFor, upstreamRelease } from '../../../orchestrator/kernel/deb-version.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/deb-version');

const VERSIONS = [
  '7.3~rc7-1~exp1',
  '7.3.4-1~bpo13+1',
  '7.3.4-1',
  '7.3.4-1+b1',
  '7.3.10-1',
  '7.3-1',
  '7.2.13-1',
  '1:1.0-1',
  '6.12.117-1~deb12u1',
  '6.12.117-1',
  '6.12.117-1a',
  '6.12.117-1~',
  '7.3.4',
  '7.03.4',
];

test('orders versions as dpkg does', () => {
  const dpkg = (a: string, b: string): number => {
    const is = (relation: string): boolean =>
      spawnSync('dpkg', ['--compare-versions', a, relation, b]).status === 0;
    return is('lt') ? -1 : is('gt') ? 1 : 0;
  };
  for (const [index, a] of VERSIONS.entries()) {
    for (const b of VERSIONS.slice(index)) {
      assert.is(Math.sign(compareDebVersions(a, b)), dpkg(a, b), `${a} and ${b}`);
      assert.is(Math.sign(compareDebVersions(b, a)) + 0, -dpkg(a, b) + 0, `${b} and ${a}`);
    }
  }
});

test('kernel release and tag', () => {
  assert.is(upstreamRelease('7.3~rc7-1~exp1'), '7.3-rc7');
  assert.is(upstreamRelease('7.3.4-1~bpo13+1'), '7.3.4');
  for (const version of VERSIONS) {
    const tag = tagFor(version);
    assert.is(spawnSync('git', ['check-ref-format', `refs/tags/${tag}`]).status, 0, tag);
  }
  assert.is(tagFor('7.3.4-1~bpo13+1'), 'v7.3.4-debian-1-bpo13+1');
});

test.run();
