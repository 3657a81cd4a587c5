import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { run } from '../../../orchestrator/process/child.js';
import { waitFor } from '../../../orchestrator/process/deadline.js';
import { tools, wrapArgv } from '../../../orchestrator/process/prefix.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('process/sigkill');

const CHILD_MODULE = new URL('../../../orchestrator/process/child.js', import.meta.url).href;

/** Sleepers of ours that run, told by their odd argument. */
function sleepers(marker: string): number {
  let count = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (argv[0] === 'sleep' && argv[1] === marker) count += 1;
    } catch {
      // It ended while we looked.
    }
  }
  return count;
}

/** A make-like tree: a driver that starts jobs, which start compilers. */
function tree(marker: string): string {
  return `for i in 1 2 3; do sh -c 'sleep ${marker} & sleep ${marker} & wait' & done; wait`;
}

async function killedNodeLeaves(marker: string, pidNamespace: boolean, command: string): Promise<void> {
  const script = join(scratchDir(), 'program.mjs');
  writeFileSync(
    script,
    `import { run } from ${JSON.stringify(CHILD_MODULE)};
await run(['sh', '-c', ${JSON.stringify(command)}], { what: 'make', deadlineMs: 60_000, pidNamespace: ${pidNamespace} });`,
  );
  const node = spawn(process.execPath, [script], { stdio: 'ignore' });
  const expected = pidNamespace ? 6 : 1;
  await waitFor(() => (sleepers(marker) === expected ? true : undefined), {
    ms: 8000,
    everyMs: 20,
    what: `${expected} sleepers`,
  });
  node.kill('SIGKILL');
  await waitFor(() => (sleepers(marker) === 0 ? true : undefined), {
    ms: 3000,
    everyMs: 20,
    what: 'all sleepers to be gone',
  });
}

test(
  'SIGKILL of node takes a make-like tree of grandchildren with it',
  async () => {
    if (tools({ pidNamespace: true }).namespace === 'none')
      throw new Error('no PID namespace can be made here');
    await killedNodeLeaves(`7001.${process.pid}`, true, tree(`7001.${process.pid}`));
  },
  { timeoutMs: 15_000 },
);

test(
  'SIGKILL of node takes a plain child with it',
  async () => {
    await killedNodeLeaves(`7002.${process.pid}`, false, `exec sleep 7002.${process.pid}`);
  },
  { timeoutMs: 15_000 },
);

test('the namespace that a plain user gets works too', async () => {
  if (process.getuid?.() !== 0) return;
  const found = tools({});
  const argv = wrapArgv(
    ['sh', '-c', 'echo $$; id -u'],
    { ...found, namespace: 'user' },
    { pidNamespace: true },
  );
  const result = await run(['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', ...argv], {
    what: 'a namespace as nobody',
    deadlineMs: 5000,
  });
  assert.is(result.stdout, '1\n65534\n', result.stderr);
});

test('a batch child runs under SCHED_BATCH, another as we do', async () => {
  const policy = async (batch: boolean): Promise<string> => {
    const options = { what: 'chrt', deadlineMs: 5000, batch };
    return (await run(['sh', '-c', 'exec chrt -p $$'], options)).stdout;
  };
  assert.match(await policy(true), /policy: SCHED_BATCH/);
  assert.not.match(await policy(false), /SCHED_BATCH/);
});

test('wrapArgv leaves out what the machine does not have', () => {
  const none = { setpriv: undefined, unshare: undefined, chrt: undefined, namespace: 'none' } as const;
  assert.equal(wrapArgv(['make'], none, { pidNamespace: true, batch: true }), ['make']);
  const all = { setpriv: '/s', unshare: '/u', chrt: '/c', namespace: 'root' } as const;
  assert.is(
    wrapArgv(['make'], all, { pidNamespace: true, batch: true }).join(' '),
    '/s --pdeathsig KILL -- /c --batch 0 /u --pid --fork --kill-child=KILL -- make',
  );
  assert.equal(wrapArgv(['make'], all), ['/s', '--pdeathsig', 'KILL', '--', 'make']);
});

test.run();
