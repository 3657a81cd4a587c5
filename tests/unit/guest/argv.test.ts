import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { qemuArgv } from '../../../orchestrator/guest/argv.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('guest/argv');

/** One argument a line. */
function golden(name: string): string[] {
  const file = join(projectRoot(), 'tests', 'fixtures', 'guest', `${name}.argv`);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

const machine = loadMachine();

test('a boot that can be saved later', () => {
  const argv = qemuArgv({
    machine,
    accel: 'tcg',
    files: {
      kernel: '/k/vmlinux',
      initrd: '/run/initrd',
      console: '/run/console.log',
      authorizedKeys: 'authorized_keys',
      memory: { path: '/run/memory', mode: 'shared' },
    },
    cmdline: ['zdplace.pages=2048', 'zdplace.unsafe=1'],
  });
  assert.equal(argv, golden('boot-tcg'));
});

test('a boot under KVM without a memory file', () => {
  const files = { kernel: '/k/vmlinux', initrd: '/run/initrd', console: '/run/console.log' };
  assert.equal(qemuArgv({ machine, accel: 'kvm', files }), golden('boot-kvm'));
});

test('a restore loads no kernel and never writes to the saved memory', () => {
  const files = {
    console: '/run/console.log',
    authorizedKeys: 'authorized_keys',
    memory: { path: '/saved/memory', mode: 'private' as const },
  };
  const argv = qemuArgv({ machine, accel: 'tcg', files, incoming: true });
  assert.equal(argv, golden('restore-tcg'));
  assert.ok(argv.some((word) => word.endsWith('share=off')));
  assert.not.ok(argv.includes('-kernel'));
});

test('a comma in a path is doubled, else the rest of the path would be an option', () => {
  const files = {
    console: '/a,server=on/console',
    authorizedKeys: '/c,string=x/keys',
    memory: { path: '/b,share=on/m', mode: 'private' as const },
  };
  const argv = qemuArgv({ machine, accel: 'tcg', files });
  assert.ok(argv.some((word) => word.endsWith(',file=/c,,string=x/keys')));
  assert.ok(argv.includes('file,id=console,path=/a,,server=on/console'));
  assert.ok(argv.some((word) => word.includes('mem-path=/b,,share=on/m,share=off')));
});

test('the guest reaches nothing, and only loopback reaches the guest', () => {
  const argv = qemuArgv({ machine, accel: 'tcg', files: { console: '/c' } });
  const network = argv[argv.indexOf('-netdev') + 1];
  assert.match(network ?? '', /^user,.*restrict=on/);
  assert.match(network ?? '', /hostfwd=tcp:127\.0\.0\.1:0-:22$/);
});

test.run();
