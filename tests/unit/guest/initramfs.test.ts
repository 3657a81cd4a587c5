import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  baseInitramfs,
  imageInitramfs,
  keyInitramfs,
  parseLdd,
  writeInitramfs,
} from '../../../orchestrator/guest/initramfs.js';
import { makeHostKey } from '../../../orchestrator/guest/keys.js';
import { runOk } from '../../../orchestrator/process/child.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/initramfs');

/** Names and modes as GNU cpio lists them. */
async function list(archive: Buffer): Promise<string[]> {
  const { stdout } = await runOk(['cpio', '-itv', '--quiet'], {
    what: 'cpio',
    deadlineMs: 10_000,
    input: archive,
  });
  return stdout.split('\n');
}

test('made twice, in two caches, the base is the same to the byte', async () => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
  const first = await baseInitramfs();
  const cached = await baseInitramfs();
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
  const second = await baseInitramfs();
  assert.ok(first.equals(cached));
  assert.ok(first.equals(second));
});

test('the base has what /init needs', async () => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
  const lines = await list(await baseInitramfs());
  for (const path of [
    'init',
    'bin/busybox',
    'bin/sh',
    'bin/insmod',
    'bin/dropbear',
    'etc/passwd',
    'dev/console',
  ]) {
    assert.ok(
      lines.some((line) => line.includes(` ${path} ->`) || line.endsWith(` ${path}`)),
      path,
    );
  }
  assert.ok(lines.some((line) => /^-rwx.* init$/.test(line)));
  // Whom QEMU lets in, and the guest has no list of its own.
  assert.ok(lines.some((line) => /^drwx------.* root\/\.ssh$/.test(line)));
  assert.ok(
    lines.some((line) =>
      / root\/\.ssh\/authorized_keys -> \/sys\/firmware\/qemu_fw_cfg\/.*\/raw$/.test(line),
    ),
  );
  assert.ok(lines.some((line) => /libc\.so/.test(line)));
  assert.ok(lines.some((line) => /ld-linux/.test(line)));
});

test('modules and files go where they are wanted', async () => {
  const dir = scratchDir('image');
  writeFileSync(join(dir, 'zdplace.ko'), 'module');
  writeFileSync(join(dir, 'agent'), 'agent');
  const archive = await imageInitramfs({
    vmlinux: '/none',
    modules: [join(dir, 'zdplace.ko')],
    files: [{ path: '/bin/zdagent', from: join(dir, 'agent'), mode: 0o755 }],
  });
  const lines = await list(archive);
  assert.ok(lines.some((line) => line.endsWith(' modules/zdplace.ko')));
  assert.ok(lines.some((line) => /^-rwxr-xr-x.* bin\/zdagent$/.test(line)));
});

test('a file that is not there is named', async () => {
  const image = { vmlinux: '/none', modules: ['/no/such/zdplace.ko'], files: [] };
  const error: unknown = await imageInitramfs(image).catch((reason: unknown) => reason);
  assert.ok(error instanceof CiError && error.fault === 'infra');
  assert.match(error.message, /\/no\/such\/zdplace\.ko/);
});

test('the key of the guest is for root alone', async () => {
  const lines = await list(keyInitramfs(makeHostKey()));
  assert.ok(lines.some((line) => /^-rw-------.* etc\/dropbear\/host_key$/.test(line)));
});

test('a full disk is named as such', async () => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
  const image = { vmlinux: '/none', modules: [], files: [] };
  const error: unknown = await writeInitramfs('/dev/full', image, makeHostKey()).catch(
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CiError && error.fault === 'infra', String(error));
  assert.match(error.message, /no space left/);
});

test('the libraries are read out of the words of ldd', () => {
  const words =
    '\tlinux-vdso.so.1 (0x00007f04ba157000)\n' +
    '\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f04b9ff9000)\n' +
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f04ba159000)\n';
  assert.equal(parseLdd(words), ['/lib/x86_64-linux-gnu/libz.so.1', '/lib64/ld-linux-x86-64.so.2']);
  assert.equal(parseLdd('\tnot a dynamic executable\n'), []);
});

test.run();
