import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { clockArguments } from '../../../orchestrator/guest/guest-clock.js';
import { runOk } from '../../../orchestrator/process/child.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { compileAgent } from './local-agent.js';

const test = suite('agent/tsc', { timeoutMs: 20_000 });
let agent = '';
test.before(async () => {
  agent = await compileAgent(scratchDir('agent'));
});

const measure = async (): Promise<string> =>
  (await runOk([agent, '--tsc-khz'], { what: 'the agent', deadlineMs: 10_000 })).stdout;

test('prints one number, and soon', async () => {
  const { stdout, stderr, durationMs } = await runOk([agent, '--tsc-khz'], {
    what: 'the agent',
    deadlineMs: 10_000,
  });
  assert.match(stdout, /^(0|[1-9]\d{4,7})\n$/);
  assert.is(stderr, '');
  // It sleeps for 20 ms.
  assert.ok(durationMs < 1000, `${durationMs} ms`);
});

test('what it prints are words for a kernel where this counter is a clock, and nothing elsewhere', async () => {
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
  const words = clockArguments(await measure());
  // Linux names both after the one bit of CPUID; constant_tsc also where it knows the processor by its model.
  if (flags.includes('nonstop_tsc')) assert.is(words.length, 2);
  if (!flags.includes('constant_tsc')) assert.equal(words, []);
});

test('comes to the same rate again', async () => {
  const [one, other] = [Number(await measure()), Number(await measure())];
  // The kernel of a guest takes what is off by less for noise: 500 ppm is what NTP can make up for.
  assert.ok(Math.abs(one - other) <= one * 0.0005, `${one} and ${other} kHz`);
});

test.run();
