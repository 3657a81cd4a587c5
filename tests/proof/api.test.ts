import path from 'node:path';
import * as assert from 'uvu/assert';
import { ci, recordOf, scratch } from '../e2e/support/cli.js';
import { point } from '../e2e/support/records.js';
import { suite } from '../harness/suite.js';

const HOUR = 3_600_000;
const test = suite('proof: changes of the interface', { timeoutMs: HOUR, fileTimeoutMs: 2 * HOUR });
const dir = scratch('api');

test('the module follows new signatures of zone_device_page_init() and folio_free', async () => {
  const argv = ['run', 'tests/series/api-change.mbox', '--suite', 'mixed-order', '--points', 'all'];
  const result = await ci([...argv, '--json', '--out', path.join(dir, 'change')]);
  const record = recordOf(result);
  for (const index of [0, 1, 2]) assert.is(point(record, index).verdict, 'good', point(record, index).reason);
  assert.ok(point(record, 1).notCompiled.includes('drivers/gpu/drm/drm_pagemap.c'));
  assert.is(result.code, 0);
});

test('profile drivers compiles the callers, but for those of other architectures', async () => {
  const argv = ['run', 'tests/series/api-change.mbox', '--suite', 'mixed-order', '--test', 'S1'];
  const result = await ci([...argv, '--profile', 'drivers', '--json', '--out', path.join(dir, 'drivers')]);
  const record = recordOf(result);
  assert.equal(point(record, 1).notCompiled, ['arch/powerpc/kvm/book3s_hv_uvmem.c']);
  assert.equal(point(record, 2).notCompiled, ['arch/powerpc/kvm/book3s_hv_uvmem.c']);
  assert.is(result.code, 0);
});

test('a caller that a series forgot is found by profile drivers, and by no other', async () => {
  const argv = [
    'run',
    'tests/series/driver-forgotten.mbox',
    '--suite',
    'mixed-order',
    '--test',
    'S1',
    '--json',
  ];
  const plain = await ci([...argv, '--out', path.join(dir, 'plain')]);
  assert.is(point(recordOf(plain), 1).verdict, 'good', point(recordOf(plain), 1).reason);
  const drivers = await ci([...argv, '--profile', 'drivers', '--out', path.join(dir, 'forgotten')]);
  const broken = point(recordOf(drivers), 1);
  assert.is(broken.verdict, 'skip');
  assert.match(broken.reason ?? '', /drivers\/gpu\/drm\/drm_pagemap\.c:\d+:\d+: error/);
  assert.is(drivers.code, 125);
});

test.run();
