import path from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, type ExitCode } from '../../../orchestrator/process/errors.js';
import { supervise } from '../../../orchestrator/process/signals.js';
import { GuestHost } from '../../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE } from '../../../orchestrator/run/options.js';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import type { Request } from '../../../orchestrator/scenario/protocol.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';
import { GuestSession } from '../../../orchestrator/scenario/session.js';
import type { Sent } from '../../../orchestrator/scenario/session.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { tempDir } from '../../../orchestrator/store/temp.js';
import { buildSeries } from '../model/kernels.js';
import { drawAny } from './draw.js';

/**
 * Tells the agent anything, in guests whose module does not allow pokes: a healthy kernel must survive it, and the agent answer.
 * Healthy is 7.3 with all of tests/findings, which takes away what it has of its own.
 *
 *     npm run proof:agent -- [--seconds 120] [--seed N] [--profile default]
 *
 * Every sequence has a guest of its own. One that goes wrong is printed, and ends the proof.
 */
const STEPS = 150;
const STEP_MS = 15_000;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What became of a request. `over`: the limit of a control group took the agent, as it takes any process. */
type Outcome = 'well' | 'over' | { readonly wrong: string };

const KILLED = /Memory cgroup out of memory: Killed process/;

/** No kernel that is healthy gives cause for anything else than an answer. */
function outcomeOf(sent: Sent): Outcome {
  const [splat] = 'splats' in sent ? sent.splats : [];
  if (splat) return { wrong: `${splat.title}\n${splat.text}` };
  if (sent.kind === 'reply') return 'well';
  if (sent.kind === 'lost' && KILLED.test(sent.console)) return 'over';
  return {
    wrong: sent.kind === 'hang' ? `hang: ${JSON.stringify(sent.reply.hang)}` : `${sent.kind}: ${sent.why}`,
  };
}

await supervise(async (supervision) => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      seed: { type: 'string' },
      profile: { type: 'string', default: DEFAULT_PROFILE },
    },
  });
  const { signal } = supervision;
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const spec = path.join(projectRoot(), 'tests', 'findings');
  const logFile = path.join(tempDir('agent'), 'build.log');
  const { artifact } = await buildSeries(
    spec,
    { profile: values.profile, fragments: [] },
    { logFile, signal, say },
  );
  const host = await GuestHost.open({ machine: DEFAULT_MACHINE, accel: 'auto' }, signal, say);
  supervision.teardown.add('guests', () => host.close());
  const console = path.join(tempDir('agent'), 'console.log');
  await using kernel = await host.boot(artifact, console, signal, { cmdline: ['zdplace.unsafe=0'] });
  await using pool = new RestoringPool({ restore: (one) => kernel.restore(one), standby: 0 });
  const end = Date.now() + Number(values.seconds) * 1000;
  const count = { sequences: 0, requests: 0, done: 0, refused: 0, killed: 0 };
  const ops: Record<string, number> = {};
  const errnos: Record<string, number> = {};
  let code: ExitCode = EXIT.good;
  for (let at = seed; Date.now() < end && code === EXIT.good; at++) {
    const dice = new Dice(at);
    const session = new GuestSession(await pool.acquire({ fresh: true, signal }), scanConsole);
    await session.open(kernel.timeScale);
    const asked: Request[] = [];
    const ask = async (request: Request): Promise<boolean> => {
      asked.push(request);
      const sent = await session.send(request, STEP_MS * kernel.timeScale);
      count.requests++;
      const outcome = outcomeOf(sent);
      if (outcome === 'over') {
        count.killed++;
        return false;
      }
      if (outcome !== 'well') {
        say(`sequence ${at}, request ${asked.length}: ${outcome.wrong}`);
        for (const one of asked) process.stdout.write(`${JSON.stringify(one)}\n`);
        code = EXIT.bad;
        return false;
      }
      if (sent.kind === 'reply' && sent.reply.ok) {
        count.done++;
        ops[request.op] = (ops[request.op] ?? 0) + 1;
      } else if (sent.kind === 'reply') {
        count.refused++;
        const errno = sent.reply.errno ?? 'none';
        errnos[errno] = (errnos[errno] ?? 0) + 1;
      }
      return true;
    };
    let well = true;
    for (let i = 0; i < STEPS && well; i++) well = await ask(drawAny(dice));
    // What somebody else holds, or a group that still is charged, may forbid it; no answer may not.
    if (well) await ask({ op: 'reset' });
    await session.guest.discard();
    count.sequences++;
  }
  say(`done by operation: ${JSON.stringify(ops)}`);
  say(`refused by error: ${JSON.stringify(errnos)}`);
  process.stdout.write(`${JSON.stringify({ seed, ...count })}\n`);
  return code;
});
