import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseLayout } from '../../../../orchestrator/model/layout.js';
import { Machine } from '../../../../orchestrator/model/machine.js';
import { VARIANT_B } from '../../../../orchestrator/model/variants.js';
import { CiError, EXIT } from '../../../../orchestrator/process/errors.js';
import { supervise } from '../../../../orchestrator/process/signals.js';
import { GuestHost } from '../../../../orchestrator/run/guest-host.js';
import type { BootedKernel } from '../../../../orchestrator/run/booted-kernel.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE } from '../../../../orchestrator/run/options.js';
import { RestoringPool } from '../../../../orchestrator/scenario/pool.js';
import type { ReadyHello, Request } from '../../../../orchestrator/scenario/protocol.js';
import { GuestSession } from '../../../../orchestrator/scenario/session.js';
import { scanConsole } from '../../../../orchestrator/splat/scanner.js';
import { writeFileAtomic } from '../../../../orchestrator/store/atomic.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { announceOwner, tempDir } from '../../../../orchestrator/store/temp.js';
import { opOf } from '../../../harness/user-recording.js';
import type { RecordedSequence } from '../../../harness/user-recording.js';
import { UNPATCHED, buildKernel } from '../../model/kernels.js';
import { Dice } from '../../../../orchestrator/scenario/random/dice.js';
import { drawRequest } from '../draw.js';
import { Recorder } from './record.js';
import { SEQUENCES } from './sequences.js';

/**
 * `npm run record:user`: what 7.3 does to user memory and struct pages in sequences chosen by hand and in generated ones,
 * for the unit tests of the model: tests/fixtures/model/user. Of what is recorded the model says nothing; it only
 * keeps generated sequences to requests that the agent takes.
 */
const FOLDER = path.join(projectRoot(), 'tests', 'fixtures', 'model', 'user');
const PAGES = 1024;
const STEPS = 14;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Requests one by one; each may depend on what the steps before it have done. */
type Script = Iterator<Request, void, RecordedSequence['steps'][number] | undefined>;

function* generated(
  hello: ReadyHello,
  seed: number,
): Generator<Request, void, RecordedSequence['steps'][number] | undefined> {
  const dice = new Dice(seed);
  const machine = new Machine(VARIANT_B, {
    layout: parseLayout(hello.layout),
    pages: PAGES,
    memmap: BigInt(hello.chunk.vmemmap),
    pgmap: BigInt(hello.chunk.pgmap),
  });
  for (let step = 0; step < STEPS; step += 1) {
    const request = drawRequest(dice, machine);
    if (request.op === 'exit' && !machine.user.processes.includes(String(request['child']))) continue;
    const done = yield request;
    if (done) machine.apply(opOf(done.op));
  }
}

async function playAll(
  kernel: BootedKernel,
  scripts: readonly { readonly id: string; readonly script: (hello: ReadyHello) => Script }[],
  keep: (one: RecordedSequence, hello: ReadyHello) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await using pool = new RestoringPool({ restore: (abort) => kernel.restore(abort) });
  let session: GuestSession | undefined;
  let guest: Awaited<ReturnType<typeof pool.acquire>> | undefined;
  for (const { id, script } of scripts) {
    if (!session || !guest) {
      guest = await pool.acquire({ signal });
      session = new GuestSession(guest, scanConsole);
      await session.open(kernel.timeScale);
    }
    const hello = session.ready;
    if (!hello) throw new CiError('infra', 'this kernel has no device-private memory');
    const began = performance.now();
    const recorder = await Recorder.open(session, hello, kernel.timeScale);
    const requests = script(hello);
    const steps: RecordedSequence['steps'][number][] = [];
    for (let next = requests.next(undefined); !next.done; next = requests.next(steps.at(-1))) {
      const step = await recorder.step(next.value).catch((error: unknown) => {
        say(`${id}, step ${steps.length + 1}: ${String(error)}`);
      });
      if (step) steps.push(step);
      if (step && step.end === undefined) continue;
      await guest.discard();
      session = undefined;
      if (!step) steps.length = 0;
      break;
    }
    say(`${id}: ${steps.length} steps, ${Math.round(performance.now() - began)} ms`);
    if (steps.length > 0) await keep({ sequence: id, steps }, hello);
  }
  await guest?.discard();
}

/** Puts a recording into its file, in the place of an older one of the sequence. */
async function keepIn(name: string, one: RecordedSequence, hello: ReadyHello): Promise<void> {
  const file = path.join(FOLDER, `${name}.jsonl`);
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const old = lines.findIndex((line) => (JSON.parse(line) as RecordedSequence).sequence === one.sequence);
  lines.splice(old < 0 ? lines.length : old, old < 0 ? 0 : 1, JSON.stringify(one));
  await writeFileAtomic(path.join(FOLDER, 'layout.json'), `${JSON.stringify(hello.layout, null, 2)}\n`);
  await writeFileAtomic(file, lines.map((line) => `${line}\n`).join(''));
}

await supervise(async ({ signal, teardown }) => {
  const { values } = parseArgs({
    options: {
      generated: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  announceOwner();
  await mkdir(FOLDER, { recursive: true });
  const seed = Number(values.seed);
  const scripts =
    Number(values.generated) > 0
      ? Array.from({ length: Number(values.generated) }, (_, i) => ({
          id: `generated ${seed + i}`,
          script: (hello: ReadyHello): Script => generated(hello, seed + i),
        }))
      : Object.entries(SEQUENCES)
          .filter(([id]) => values.only.length === 0 || values.only.some((text) => id.includes(text)))
          .map(([id, requests]) => ({ id, script: (): Script => requests.values() }));
  const logFile = path.join(tempDir('record-build'), 'build.log');
  const wanted = { variant: UNPATCHED, profile: DEFAULT_PROFILE, fragments: [] };
  const { artifact } = await buildKernel(wanted, { logFile, signal, say });
  const host = await GuestHost.open({ machine: DEFAULT_MACHINE, accel: 'auto' }, signal, say);
  teardown.add('guests', () => host.close());
  const console = path.join(tempDir('record'), 'console.log');
  await using kernel = await host.boot(artifact, console, signal, { pages: PAGES, cmdline: [] });
  const name = Number(values.generated) > 0 ? 'generated' : 'chosen';
  await playAll(kernel, scripts, (one, hello) => keepIn(name, one, hello), signal);
  return EXIT.good;
});
