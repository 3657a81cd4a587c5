import * as assert from 'uvu/assert';
import {
  describeFileSystem,
  diskError,
  findMount,
  requireSpace,
} from '../../../orchestrator/process/disk.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('process/disk');

const MOUNTS = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  '30 22 8:2 / /home rw - btrfs /dev/sda2 rw',
  '31 30 0:40 / /home/a\\040b rw - tmpfs tmpfs rw',
].join('\n');

test('finds the mount that holds a path, not one whose name merely begins alike', () => {
  assert.is(findMount('/home/x/y', MOUNTS)?.device, '/dev/sda2');
  assert.is(findMount('/homestead', MOUNTS)?.device, '/dev/sda1');
  assert.is(findMount('/home/a b/c', MOUNTS)?.type, 'tmpfs');
  assert.is(findMount('/home', MOUNTS)?.point, '/home');
});

test('describes the file system of a path that does not exist yet', () => {
  assert.match(describeFileSystem('/proc/no/such'), /^\/proc \(proc on /);
});

test('asks for space before long work, also for a folder that does not exist yet', () => {
  requireSpace('/tmp/no/such/folder', 1, 'a word');
  assert.throws(
    () => requireSpace('/tmp/no/such/folder', 2 ** 60, 'a kernel'),
    (error: CiError) => error.fault === 'infra' && /no space left on .*: a kernel needs/.test(error.message),
  );
});

test('only errors about the place become infra errors', () => {
  const full = diskError(Object.assign(new Error('x'), { code: 'ENOSPC' }), '/tmp/x', 'a kernel') as CiError;
  assert.instance(full, CiError);
  assert.match(full.message, /no space left on .* while writing a kernel/);
  assert.match(full.details.remedy ?? '', /ci doctor --clean/);
  const quota = diskError(Object.assign(new Error('x'), { code: 'EDQUOT' }), '/tmp/x', 'a kernel') as CiError;
  assert.match(quota.message, /quota/);
  const other = Object.assign(new Error('x'), { code: 'EISDIR' });
  assert.is(diskError(other, '/tmp/x', 'a kernel'), other);
});

test.run();
