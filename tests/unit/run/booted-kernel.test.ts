import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { AGENT_PATH } from '../../../orchestrator/guest/guest.js';
import { makeUserKey, type HostKey } from '../../../orchestrator/guest/keys.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import {
  bootedKernel,
  type BootedKernel,
  type BootKernelOptions,
} from '../../../orchestrator/run/booted-kernel.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { keysWithHost } from '../guest/fake-guest.js';

const test = suite('run/booted-kernel');
const real = loadMachine();
const qemu = { ...real.qemu, binary: join(projectRoot(), 'tests', 'fixtures', 'guest', 'fake-qemu.mjs') };
const machine = { ...real, qemu };
const never = new AbortController().signal;

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
});

/** Options of a run of its own, with a key of its own. `host` is the key of the fake guest. */
function options(dir: string, host: HostKey, said: string[] = []): BootKernelOptions {
  const vmlinux = join(dir, 'vmlinux');
  writeFileSync(vmlinux, 'kernel');
  return {
    machine,
    accel: 'tcg',
    image: { vmlinux, modules: [], files: [{ path: AGENT_PATH, from: vmlinux, mode: 0o755 }] },
    cmdline: [],
    user: makeUserKey(),
    host,
    consoleFile: join(scratchDir('console'), 'console.log'),
    fresh: false,
    signal: never,
    say: (text) => said.push(text),
  };
}

/** How the fake QEMU behaves from here on. */
function fake(mode: 'good' | 'panic' = 'good'): HostKey {
  const { host, hostKey } = keysWithHost();
  process.env['FAKE_QEMU'] = JSON.stringify({ mode, hostKey });
  return host;
}

async function answer(kernel: BootedKernel): Promise<string> {
  const guest = await kernel.restore(never);
  try {
    return (await guest.exec(['uname'], { what: 'uname', deadlineMs: 5_000 })).stdout;
  } finally {
    await guest.close();
  }
}

async function bootAndDispose(made: BootKernelOptions): Promise<void> {
  await using kernel = await bootedKernel(made);
  assert.is(kernel.savedAt, undefined);
  assert.is(await answer(kernel), 'restored');
}

test('what one run booted, the next restores, with its own key and the console of the boot', async () => {
  const [dir, host] = [scratchDir('kernel'), fake()];
  const first = options(dir, host);
  await bootAndDispose(first);
  // A boot would fail; and nobody knows the key of the first run any more.
  process.env['FAKE_QEMU'] = (process.env['FAKE_QEMU'] ?? '').replace('"good"', '"panic"');
  const second = options(dir, host);
  assert.is.not(second.user.authorizedKey, first.user.authorizedKey);
  await using kernel = await bootedKernel(second);
  assert.match(kernel.savedAt ?? '', /^\d{4}-\d\d-\d\dT/);
  assert.match(kernel.bootConsole, /Linux version/);
  assert.is(readFileSync(second.consoleFile, 'utf8'), kernel.bootConsole);
  assert.ok(kernel.argv.includes('-append'), 'the argv of the boot');
  assert.ok(kernel.timeScale >= 1 && kernel.timeScale <= 10);
  // The first comes out of what was restored to see whether it can be, the others do not.
  for (let guest = 0; guest < 2; guest += 1) assert.is(await answer(kernel), 'restored');
});

test('guests that are wanted at once are restored at once, and those that nobody took are ended', async () => {
  const [dir, host] = [scratchDir('kernel'), fake()];
  await bootAndDispose(options(dir, host));
  await using kernel = await bootedKernel({ ...options(dir, host), wanted: 3 });
  assert.match(kernel.savedAt ?? '', /^\d{4}/);
  for (let guest = 0; guest < 2; guest += 1) assert.is(await answer(kernel), 'restored');
});

test('who wants a fresh boot gets one, and another kernel is another guest', async () => {
  const [dir, host] = [scratchDir('kernel'), fake()];
  await bootAndDispose(options(dir, host));
  await bootAndDispose({ ...options(dir, host), fresh: true });
  await bootAndDispose({ ...options(dir, host), cmdline: ['zdplace.pages=1024'] });
});

test('a saved guest that cannot be restored is taken away, said, and booted anew', async () => {
  const [dir, host] = [scratchDir('kernel'), fake()];
  await bootAndDispose(options(dir, host));
  // Saved by a guest with another key: whoever answers is not the one that was saved.
  const said: string[] = [];
  await bootAndDispose(options(dir, fake(), said));
  assert.match(said.join('\n'), /cannot be used, the kernel is booted anew: another host/);
});

test('under KVM nothing is kept', async () => {
  const [dir, host] = [scratchDir('kernel'), fake()];
  for (let run = 0; run < 2; run += 1) await bootAndDispose({ ...options(dir, host), accel: 'kvm' });
});

test('a kernel that does not boot is no reason to keep anything', async () => {
  const [dir, host] = [scratchDir('kernel'), fake('panic')];
  const error: unknown = await bootedKernel(options(dir, host)).catch((reason: unknown) => reason);
  assert.match(String(error), /crashed at boot/);
  process.env['FAKE_QEMU'] = (process.env['FAKE_QEMU'] ?? '').replace('"panic"', '"good"');
  await bootAndDispose(options(dir, host));
});

test.run();
