import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cpio, type CpioEntry } from '../../../orchestrator/guest/cpio.js';
import { runOk } from '../../../orchestrator/process/child.js';
import { scratchDir } from '../../harness/temp.js';
import { suite } from '../../harness/suite.js';

const test = suite('guest/cpio');

const entries: CpioEntry[] = [
  { path: 'init', kind: 'file', mode: 0o755, data: Buffer.from('#!/bin/sh\n') },
  { path: 'bin/busybox', kind: 'file', mode: 0o755, data: Buffer.alloc(4097, 7) },
  { path: 'bin/sh', kind: 'link', target: 'busybox' },
  { path: 'root', kind: 'dir', mode: 0o700 },
  { path: 'root/.ssh/authorized_keys', kind: 'file', mode: 0o600, data: Buffer.from('key\n') },
  { path: 'empty', kind: 'file', mode: 0o644, data: new Uint8Array() },
];

/** Unpacked by GNU cpio, which shares no code with ours. */
async function unpack(archive: Buffer): Promise<string> {
  const dir = scratchDir('cpio');
  await runOk(['cpio', '-i', '--quiet', '--no-preserve-owner'], {
    what: 'cpio',
    deadlineMs: 10_000,
    cwd: dir,
    input: archive,
  });
  return dir;
}

test('GNU cpio unpacks files, links, folders and modes', async () => {
  const dir = await unpack(cpio(entries));
  assert.is(readFileSync(join(dir, 'init'), 'utf8'), '#!/bin/sh\n');
  assert.is(statSync(join(dir, 'init')).mode & 0o777, 0o755);
  assert.ok(readFileSync(join(dir, 'bin/busybox')).equals(Buffer.alloc(4097, 7)));
  assert.is(readlinkSync(join(dir, 'bin/sh')), 'busybox');
  assert.is(statSync(join(dir, 'root')).mode & 0o777, 0o700);
  assert.is(statSync(join(dir, 'root/.ssh/authorized_keys')).mode & 0o777, 0o600);
  assert.is(statSync(join(dir, 'empty')).size, 0);
});

test('the same entries give the same bytes, in whatever order they come', () => {
  const first = cpio(entries);
  assert.ok(first.equals(cpio(entries)));
  assert.ok(first.equals(cpio(entries.toReversed())));
});

test('other content gives other bytes', () => {
  const other = entries.map(
    (entry) => (entry.path === 'init' ? { ...entry, mode: 0o700 } : entry) as CpioEntry,
  );
  assert.not.ok(cpio(entries).equals(cpio(other)));
});

test('missing folders are made before what is in them, given ones keep their mode', () => {
  const text = cpio(entries).toString('latin1');
  const at = (path: string): number => text.indexOf(`\0`, text.indexOf(`${path}\0`));
  assert.ok(at('root/.ssh') < at('root/.ssh/authorized_keys'));
  assert.is(text.split('root\0').length, 2);
});

test('archives can be put one behind the other', () => {
  const archive = cpio(entries);
  assert.is(archive.length % 512, 0);
  assert.is(archive.subarray(0, 6).toString(), '070701');
});

test('a device node has its numbers', () => {
  const archive = cpio([{ path: 'dev/console', kind: 'char', mode: 0o600, major: 5, minor: 1 }]);
  const text = archive.toString('latin1');
  const header = text.slice(text.indexOf('dev/console') - 110, text.indexOf('dev/console'));
  const field = (index: number): number => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
  assert.is(field(1), 0o020600);
  assert.is(field(9), 5);
  assert.is(field(10), 1);
});

test.run();
