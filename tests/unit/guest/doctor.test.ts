import * as assert from 'uvu/assert';
import { guestFacts } from '../../../orchestrator/guest/doctor.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/doctor');

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('cache');
});

test('tools have a path, a version and a package', async () => {
  const { tools } = await guestFacts(loadMachine());
  for (const name of ['busybox', 'dropbear', 'ldd']) {
    const tool = tools.find((one) => one.name === name);
    assert.match(tool?.path ?? '', /^\//, name);
    assert.match(tool?.version ?? '', /^\d+\.\d+/, name);
    assert.ok(tool?.package, name);
  }
});

test('a tool that is missing has its package and no path', async () => {
  const machine = loadMachine();
  const { tools, accelerator } = await guestFacts({
    ...machine,
    qemu: { ...machine.qemu, binary: 'qemu-of-another-world' },
  });
  const qemu = tools.find((one) => one.name === 'qemu-of-another-world');
  assert.equal(qemu, { name: 'qemu-of-another-world', package: 'qemu-system-x86' });
  assert.ok(accelerator.why.length > 0);
});

test('a fresh cache has no leftovers', async () => {
  assert.equal((await guestFacts(loadMachine())).leftovers, []);
});

test.run();
