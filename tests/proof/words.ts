import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureKernel } from '../../orchestrator/kernel/ensure.js';
import { managedSource } from '../../orchestrator/kernel/managed-source.js';
import { PAGE_BYTES } from '../../orchestrator/model/layout.js';
import { CiError } from '../../orchestrator/process/errors.js';
import { GuestHost } from '../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE, DEFAULT_SOURCE } from '../../orchestrator/run/options.js';
import { modelOracle } from '../../orchestrator/scenario/model-oracle.js';
import { RestoringPool } from '../../orchestrator/scenario/pool.js';
import type { ReadyHello } from '../../orchestrator/scenario/protocol.js';
import { actionOf } from '../../orchestrator/scenario/schema.js';
import type { Case } from '../../orchestrator/scenario/schema.js';
import { GuestSession } from '../../orchestrator/scenario/session.js';
import { CaseState } from '../../orchestrator/scenario/state.js';
import { loadSuite, selectCases, suiteNames } from '../../orchestrator/scenario/suite-file.js';
import { intake } from '../../orchestrator/series/intake.js';
import { scanConsole } from '../../orchestrator/splat/scanner.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { tempDir } from '../../orchestrator/store/temp.js';

/**
 * Prints the struct pages of a real guest after each step of a case: the measured words of docs/findings/.
 *
 *     npm run words -- 'L1/unmapped,9@0' 0 1 3 [--patch tests/findings/x.patch] [--profile nodebug]
 */
const USAGE = 'npm run words -- CASE PAGE… [--patch FILE] [--profile NAME]';
/** In the guest, for one step; times the scale of the machine. */
const STEP_MS = 10_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { patch: { type: 'string' }, profile: { type: 'string', default: DEFAULT_PROFILE } },
});
const [name = '', ...pages] = positionals;
if (name === '' || pages.length === 0 || pages.some((page) => !/^\d+$/.test(page)))
  throw new CiError('usage', `usage: ${USAGE}`);

const signal = new AbortController().signal;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The case of that name, of whatever suite. */
async function findCase(): Promise<Case> {
  for (const suite of await suiteNames(projectRoot())) {
    const loaded = await loadSuite(projectRoot(), suite);
    const found = loaded.kind === 'scenarios' ? selectCases(loaded.cases, name)[0] : undefined;
    if (found) return found;
  }
  throw new CiError('usage', `no case "${name}"`);
}

/** Words of a page with run-time addresses named: P the pgmap, V+n bytes into the memmap of the chunk. */
function wordsOf(bytes: Uint8Array, page: number, { chunk }: ReadyHello): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + page * PAGE_BYTES, PAGE_BYTES);
  const first = BigInt(chunk.vmemmap);
  const words = Array.from({ length: 8 }, (_, i) => {
    const value = view.getBigUint64(i * 8, true);
    if (value === BigInt(chunk.pgmap)) return 'P';
    const inside = value - first;
    if (inside >= 0n && inside < BigInt(chunk.pages * PAGE_BYTES)) return `V+0x${inside.toString(16)}`;
    return value === 0n ? '0' : value.toString(16).padStart(16, '0');
  });
  return `  p${page}`.padEnd(8) + words.join(' ');
}

const test = await findCase();
const source = await managedSource({ want: DEFAULT_SOURCE, signal, progress: say });
const taken = await intake({
  tree: source.gitDir,
  signal,
  ...(values.patch === undefined ? {} : { spec: path.resolve(values.patch), base: source.head }),
});
const point = taken.points.at(-1);
if (taken.failed !== undefined || point === undefined)
  throw new CiError('usage', `${values.patch ?? ''} does not apply`);
const artifact = await ensureKernel({
  gitDir: taken.clone.gitDir,
  commit: point.commit,
  tree: point.tree,
  profile: values.profile,
  fragments: [],
  makeOptions: [],
  logFile: path.join(tempDir('words'), 'build.log'),
  signal,
  progress: say,
});
const options = { machine: DEFAULT_MACHINE, accel: 'auto' as const };
const host = await GuestHost.open(options, signal, say);
await using kernel = await host.boot(artifact, path.join(tempDir('words'), 'console.log'), signal);
await using pool = new RestoringPool({ restore: (one) => kernel.restore(one), standby: 0 });
const session = new GuestSession(await pool.acquire({ signal }), scanConsole);
await session.open(kernel.timeScale);
const { ready } = session;
if (ready === undefined) throw new CiError('infra', 'this kernel has no device-private memory');
const state = new CaseState(session, ready, modelOracle().start(ready, session.pristine));

process.stdout.write(`${test.id} on ${artifact.release}, profile ${values.profile}, ${point.subject}\n`);
for (const [index, step] of test.steps.entries()) {
  const action = actionOf(step);
  const prepared = state.prepare(action);
  if ('error' in prepared) throw new CiError('usage', prepared.error);
  const sent = await session.send(prepared.request, STEP_MS * kernel.timeScale);
  process.stdout.write(`${index + 1} ${action.op} ${JSON.stringify(action.args)}\n`);
  for (const { title } of 'splats' in sent ? sent.splats : []) process.stdout.write(`  ! ${title}\n`);
  if (sent.kind !== 'reply') {
    process.stdout.write(`  ${sent.kind}\n`);
    break;
  }
  for (const page of pages) process.stdout.write(`${wordsOf(session.mirror.bytes, Number(page), ready)}\n`);
}
host.close();
