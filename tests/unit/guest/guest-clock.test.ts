import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { clockArguments, measureClock } from '../../../orchestrator/guest/guest-clock.js';
import { sleep } from '../../../orchestrator/process/deadline.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/guest-clock');
const never = new AbortController().signal;

/** A program that stands for the agent. */
function program(script: string): string {
  const file = join(scratchDir('clock'), 'agent');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('a rate becomes words for the kernel', () => {
  assert.equal(clockArguments('2100000\n'), ['tsc=reliable', 'tsc_early_khz=2100000']);
  assert.equal(clockArguments('10000'), ['tsc=reliable', 'tsc_early_khz=10000']);
  assert.equal(clockArguments('99999000'), ['tsc=reliable', 'tsc_early_khz=99999000']);
});

test('what differs by the noise of a measurement becomes the same words', () => {
  for (const printed of ['2099991', '2100001', '2100061', '2099500', '2100499'])
    assert.equal(clockArguments(printed), ['tsc=reliable', 'tsc_early_khz=2100000']);
});

test('what is no rate of a processor becomes none', () => {
  for (const printed of ['', '0\n', '9999', '100000000', '-2100000', '02100000', '2.1e6', '2100000.5'])
    assert.equal(clockArguments(printed), [], printed);
  for (const printed of ['0x200b20', '2100000 kHz', '2100000\n2100000\n', 'zdagent: out of memory\n'])
    assert.equal(clockArguments(printed), [], printed);
});

test('the agent is asked with its argument', async () => {
  const agent = program('test "$#" = 1 && test "$1" = --tsc-khz && echo 2400000');
  assert.equal(await measureClock(agent, never), ['tsc=reliable', 'tsc_early_khz=2400000']);
});

test('a measurement that fails costs no guest: there are no words', async () => {
  assert.equal(await measureClock(program('echo 2400000; exit 1'), never), []);
  assert.equal(await measureClock(program('echo 2400000; kill -KILL $$'), never), []);
  assert.equal(await measureClock(program('echo 0'), never), []);
  assert.equal(await measureClock(join(scratchDir('clock'), 'gone'), never), []);
  const began = performance.now();
  assert.equal(await measureClock(program('echo 2400000; sleep 60'), never, 200), []);
  assert.ok(performance.now() - began < 5_000);
});

test('who is no longer wanted is not asked on', async () => {
  const stop = new AbortController();
  const asked = measureClock(program('sleep 60'), stop.signal);
  await sleep(50);
  stop.abort(new Error('Ctrl-C'));
  let reason = '';
  await asked.catch((error: unknown) => (reason = error instanceof Error ? error.message : ''));
  assert.is(reason, 'Ctrl-C');
  await measureClock(program('echo 2400000'), stop.signal).catch(() => (reason = 'at once'));
  assert.is(reason, 'at once');
});

test.run();
