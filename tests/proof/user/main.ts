import path from 'node:path';
import { parseArgs } from 'node:util';
import { applyAll } from '../../../orchestrator/model/classify.js';
import { compareMemory } from '../../../orchestrator/model/compare.js';
import { parseLayout } from '../../../orchestrator/model/layout.js';
import { Machine } from '../../../orchestrator/model/machine.js';
import { VARIANT_B } from '../../../orchestrator/model/variants.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { GuestHost } from '../../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE } from '../../../orchestrator/run/options.js';
import { addressesOf } from '../../../orchestrator/scenario/page-maps.js';
import { readField } from '../../../orchestrator/scenario/chunk.js';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import type { MapRun, ReadyHello, Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { GuestSession } from '../../../orchestrator/scenario/session.js';
import { userOpsOf } from '../../../orchestrator/scenario/user-op.js';
import { answerDifferences, placeDifferences } from '../../../orchestrator/scenario/user-prediction.js';
import {
  chargeDifferences,
  deviceDifferences,
  mthpDifferences,
  rssDifferences,
} from '../../../orchestrator/scenario/user-counters.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import { tempDir } from '../../../orchestrator/store/temp.js';
import { UNPATCHED, buildKernel } from '../model/kernels.js';
import { describePages } from '../model/play.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';
import { drawRequest } from './draw.js';
import { metadataOp } from './record/record.js';
import { SEQUENCES } from './record/sequences.js';

/**
 * Plays the sequences chosen by hand, then generated ones, on user memory in guests of 7.3 and on the model, and compares
 * everything after each step:
 *
 *     npm run proof:user -- [--seconds 120] [--seed N] [--profile default] [--only TEXT]
 *
 * `--seconds` are those of generated sequences; `--only` plays chosen ones whose name has the text, and none besides.
 */
const STEPS = 14;
const STEP_MS = 10_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string' },
    profile: { type: 'string', default: DEFAULT_PROFILE },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const signal = new AbortController().signal;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const logFile = path.join(tempDir('user'), 'build.log');
const wanted = { variant: UNPATCHED, profile: values.profile, fragments: [] };
const { artifact } = await buildKernel(wanted, { logFile, signal, say });
const host = await GuestHost.open({ machine: DEFAULT_MACHINE, accel: 'auto' }, signal, say);
await using kernel = await host.boot(artifact, path.join(tempDir('user'), 'console.log'), signal);
await using pool = new RestoringPool({ restore: (one) => kernel.restore(one), standby: 0 });

const count = {
  sequences: 0,
  steps: 0,
  pages: 0,
  differences: 0,
  charges: 0,
  repeats: 0,
  /** In the guest, for all questions about charges. */
  chargeMs: 0,
  ops: {} as Record<string, number>,
  ends: {} as Record<string, number>,
};

/** How often the charges are asked for: pages of processes that ended are given back a little later. */
const CHARGE_TRIES = 3;

/** Counters that no struct page holds, after a step. */
async function counters(
  ask: (request: Request) => Promise<Reply | string>,
  machine: Machine,
  refs: number,
  start: Reply,
  now: Reply,
  charged: boolean,
): Promise<string[]> {
  const wrong: string[] = [];
  if (now.counters && start.counters) {
    const { user } = machine;
    wrong.push(...mthpDifferences(user, start.counters, now.counters));
    wrong.push(...deviceDifferences(refs, now.counters));
  }
  if (!charged) return wrong;
  for (let i = 1; ; i++) {
    const reply = await ask({ op: 'charge' });
    if (typeof reply === 'string') return [...wrong, reply];
    count.chargeMs += Math.round(reply.ms ?? 0);
    const charge = reply.charge ? chargeDifferences(machine.user, reply.charge) : ['no charge was told'];
    if (charge.length === 0) count.charges += 1;
    if (charge.length === 0) return wrong;
    if (i === CHARGE_TRIES) return [...wrong, ...charge, JSON.stringify(reply.charge)];
    count.repeats += 1;
  }
}

/** Requests of a sequence in turn, each by what the model has come to; undefined at the end. */
interface Sequence {
  readonly id: string;
  readonly next: (step: number, machine: Machine) => Request | undefined;
}

/** One sequence in the guest; whether the guest can go on. */
async function playOne(session: GuestSession, hello: ReadyHello, { id, next }: Sequence): Promise<boolean> {
  const freshFlags = readField(session.pristine, hello, 0, 'page.flags');
  const layout = parseLayout(hello.layout);
  const machine = new Machine(VARIANT_B, {
    layout,
    ...addressesOf(hello.chunk),
    ...(freshFlags !== undefined && { freshFlags }),
  });
  const told: string[] = [];
  const sizes = (name: string, process?: string): number => machine.user.pages(name, process).length;
  const ask = async (request: Request): Promise<Reply | string> => {
    const sent = await session.send(request, STEP_MS * kernel.timeScale);
    if (sent.kind === 'broken') return sent.why;
    const [splat] = sent.splats;
    if (sent.kind === 'lost')
      return `${sent.why}: ${/kernel BUG at [^!]*|Oops.*/.exec(session.guest.consoleText())?.[0] ?? ''}`;
    if (splat)
      return `${splat.title} ${
        session.guest
          .consoleText()
          .split('\n')
          .findLast((line) => /\] WARNING: /.test(line)) ?? ''
      }`;
    return sent.kind === 'hang' ? `hang ${(sent.reply.stack ?? []).join(' ')}` : sent.reply;
  };
  const reset = await ask({ op: 'reset' });
  if (typeof reset === 'string') return false;
  let start: Reply | undefined;
  for (let step = 1; ; step++) {
    const request = next(step, machine);
    if (!request) return true;
    told.push(JSON.stringify(request).slice(0, 160));
    if (request.op === 'exit' && !machine.user.processes.includes(String(request['child']))) continue;
    const metadata = metadataOp(request);
    const counted = !metadata && request.op !== 'knobs';
    const reply = await ask(counted ? { ...request, counters: true } : request);
    const differ = (what: string): false => {
      count.differences += 1;
      process.stdout.write(`sequence ${id} step ${step}: ${what}\n  ${told.join('\n  ')}\n`);
      return false;
    };
    if (typeof reply === 'string') {
      const blind = metadata ? [metadata] : (userOpsOf(request, { ok: true }, hello, sizes) ?? []);
      const { crash, hang, warnings } = applyAll(machine, blind, step);
      const foretold = [crash, hang, ...warnings].flatMap((one) => (one ? [one.line] : []));
      // A thread that goes round in the kernel has no stack to show; one that waits shows the function, not the file.
      const spins = reply.trimEnd() === 'hang' ? hang?.line : undefined;
      const line = spins ?? foretold.find((one) => reply.includes(one.replace(/^.*:(?=[a-z_]+$)/, '')));
      if (line === undefined) return differ(`${reply}; foretold ${foretold.join(', ') || 'nothing'}`);
      count.ends[line] = (count.ends[line] ?? 0) + 1;
      return false;
    }
    if (!reply.ok && !reply.signal) return differ(`refused: ${reply.error ?? ''}`);
    const ops = metadata ? [metadata] : (userOpsOf(request, reply, hello, sizes) ?? []);
    const effects = applyAll(machine, ops, step);
    machine.bind(session.mirror.bytes);
    count.steps += 1;
    count.pages += hello.chunk.pages;
    count.ops[request.op] = (count.ops[request.op] ?? 0) + 1;
    const end = effects.crash ?? effects.hang;
    if (end) return differ(`foretold was ${end.why}`);
    const pages = compareMemory(
      layout,
      machine.bytes,
      session.mirror.bytes,
      (page) => machine.roles.role(page),
      4,
    );
    if (pages.length > 0) return differ(describePages(pages));
    // The answer to a poke has none.
    if (request.op !== 'poke' && reply.refs !== effects.refs)
      return differ(`references ${effects.refs}, guest ${String(reply.refs)}`);
    const list = (all: readonly { fn: string; pfn: number; order: number }[]): string =>
      all.map(({ fn, pfn, order }) => `${fn} ${order}@${pfn}`).join(', ');
    if (list(effects.callbacks) !== list(reply.cb ?? []))
      return differ(
        `callbacks ${list(effects.callbacks).slice(0, 400)}; guest ${list(reply.cb ?? []).slice(0, 400)}`,
      );
    // The first step maps memory that nothing has touched yet.
    start ??= reply;
    const wrong = answerDifferences(effects, reply);
    const maps = new Map<string, Reply[]>();
    for (const name of machine.user.processes)
      for (const mapping of machine.user.mappings(name)) {
        const where = name === machine.user.processes[0] ? {} : { in: name };
        const map = await ask({ op: 'usermap', name: mapping, ...where });
        if (typeof map === 'string') return differ(map);
        maps.set(name, [...(maps.get(name) ?? []), map]);
        const runs = (map.pages ?? []) as readonly MapRun[];
        wrong.push(...placeDifferences(machine.user, mapping, name, runs).map((one) => `${name}: ${one}`));
      }
    for (const [name, replies] of maps) wrong.push(...rssDifferences(machine.user, name, replies));
    wrong.push(
      ...(await counters(ask, machine, effects.refs, start, reply, layout.at.memcgData !== undefined)),
    );
    if (wrong.length > 0) return differ(wrong.join('; '));
  }
}

function* sequences(): Generator<Sequence> {
  for (const [id, requests] of Object.entries(SEQUENCES))
    if (id.includes(values.only ?? '')) yield { id: `"${id}"`, next: (step) => requests[step - 1] };
  if (values.only !== undefined) return;
  const until = performance.now() + Number(values.seconds) * 1000;
  for (let id = 0; performance.now() < until; id++) {
    const dice = new Dice(seed + id);
    yield {
      id: `${seed}/${id}`,
      next: (step, machine) => (step > STEPS ? undefined : drawRequest(dice, machine)),
    };
  }
}

let session: GuestSession | undefined;
let guest;
for (const sequence of sequences()) {
  if (!session) {
    guest = await pool.acquire({ signal });
    session = new GuestSession(guest, scanConsole);
    await session.open(kernel.timeScale);
  }
  if (!session.ready) throw new CiError('infra', 'this kernel has no device-private memory');
  count.sequences += 1;
  if (!(await playOne(session, session.ready, sequence))) {
    await guest?.discard();
    session = undefined;
  }
}
process.stdout.write(`${JSON.stringify({ profile: values.profile, seed, ...count })}\n`);
host.close();
process.exitCode = count.differences > 0 ? 1 : 0;
