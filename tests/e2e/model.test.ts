import path from 'node:path';
import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import { VARIANT_B } from '../../orchestrator/model/variants.js';
import { GuestHost } from '../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE } from '../../orchestrator/run/options.js';
import type { BootedKernel } from '../../orchestrator/run/booted-kernel.js';
import { comparedPart } from '../proof/model/counts.js';
import { buildKernel, UNPATCHED } from '../proof/model/kernels.js';
import type { BuiltKernel } from '../proof/model/kernels.js';
import { kernelLines } from '../proof/model/lines.js';
import { objectCode } from '../proof/model/object-code.js';
import { checkLayout } from '../proof/model/layout-check.js';
import { prove } from '../proof/model/prove.js';
import type { ProofResult } from '../proof/model/result.js';
import { scenarioSequences } from '../proof/model/scenarios.js';
import { randomSequence } from '../proof/model/sequence.js';
import { suite } from '../harness/suite.js';
import { scratch } from './support/cli.js';

const MINUTE = 60_000;
const test = suite('e2e: the model against 7.3', { timeoutMs: 15 * MINUTE, fileTimeoutMs: 25 * MINUTE });

/** The long form is `npm run proof:model`; this keeps it honest between its runs. */
const RANDOM = 60;
const POKES = 30;

const KERNEL = { variant: UNPATCHED, profile: 'default', fragments: [] };
const dir = scratch('model');
const end = new AbortController();
const seed = randomInt(2 ** 31);
let host: GuestHost;
let built: BuiltKernel;
let booted: BootedKernel;
let result: ProofResult;

test.before(async () => {
  const { signal } = end;
  const quiet = (): void => undefined;
  built = await buildKernel(KERNEL, { logFile: path.join(dir, 'build.log'), signal, say: quiet });
  host = await GuestHost.open({ machine: DEFAULT_MACHINE, accel: 'auto' }, signal, quiet);
  booted = await host.boot(built.artifact, path.join(dir, 'console.log'), signal, { pages: 1024 });
  const random = Array.from({ length: RANDOM }, (_, i) => randomSequence(seed + i));
  result = await prove({
    kernel: booted,
    variant: VARIANT_B,
    lines: await kernelLines(built.gitDir, built.base, built.tree, signal),
    code: objectCode(built.artifact.vmlinux, built.artifact.module, signal),
    sequences: [...(await scenarioSequences()), ...random],
    pokes: POKES,
    seed,
    lanes: 2,
    signal,
    say: (text) => void process.stdout.write(`${text}\n`),
  });
});

test.after(async () => {
  await booted?.[Symbol.asyncDispose]();
  host?.close();
});

test('every compared bit of every page after every step is as foretold', () => {
  assert.equal(result.differences, [], `seed ${seed}`);
  assert.is(result.sequences.random, RANDOM);
  assert.ok(result.sequences.S >= 11, `${result.sequences.S} named sequences`);
  assert.ok(result.steps > 300, `${result.steps} steps`);
  assert.is(result.pages, result.steps * 1024);
});

test('at least 95 % of all bits are compared', () => {
  assert.ok(comparedPart(result) >= 0.95, `${comparedPart(result)}`);
});

test('no kernel crash, no hang, and the one warning that 7.3 has', () => {
  assert.equal(result.ends, {});
  assert.ok(Object.keys(result.warnings).includes('mm/internal.h:799'));
});

test('a bit turned over anywhere is found', () => {
  assert.is(result.pokes, POKES);
  assert.equal(result.missed, [], `seed ${seed}`);
});

test("the layout table is the compiler's", async () => {
  const { fields, wrong } = await checkLayout(KERNEL, built, booted, end.signal);
  assert.ok(fields > 20, `${fields} fields`);
  assert.equal(wrong, []);
});

test.run();
