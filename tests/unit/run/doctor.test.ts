import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { clean } from '../../../orchestrator/run/doctor.js';
import { parseStat, thisProcess } from '../../../orchestrator/store/owner.js';
import { announceOwner } from '../../../orchestrator/store/temp.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('run/doctor');

test('--clean keeps what a live run works with, and removes it once that run is gone', async () => {
  const cache = scratchDir();
  process.env['CI_CACHE_DIR'] = cache;
  for (const name of ['builds/k/src', 'clones/c', 'kernels/k'])
    mkdirSync(path.join(cache, name), { recursive: true });
  announceOwner();
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const pid = other.pid ?? -1;
    const startTime = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.startTime ?? '';
    const folder = path.join(cache, 'tmp', `${pid}-${startTime}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'owner.json'), JSON.stringify({ ...thisProcess(), pid, startTime }));

    assert.match((await clean()).join('\n'), new RegExp(`in use by another run \\(process ${pid}\\)`));
    assert.ok(existsSync(path.join(cache, 'builds/k/src')));
    assert.ok(existsSync(path.join(cache, 'clones/c')));

    other.kill('SIGKILL');
    await once(other, 'exit');
    assert.match((await clean()).join('\n'), /removed builds, /);
    assert.is(existsSync(folder), false);
  } finally {
    other.kill('SIGKILL');
  }
  assert.equal(readdirSync(cache).toSorted(), ['kernels', 'tmp']);
});

test.run();
