import { scanConsole } from '../../../../orchestrator/splat/scanner.js';
import { CiError } from '../../../../orchestrator/process/errors.js';
import type { BootedKernel } from '../../../../orchestrator/run/booted-kernel.js';
import type { ModelOp } from '../../../../orchestrator/scenario/oracle.js';
import { RestoringPool } from '../../../../orchestrator/scenario/pool.js';
import type { ReadyHello } from '../../../../orchestrator/scenario/protocol.js';
import { modelOpOf } from '../../../../orchestrator/scenario/request.js';
import { GuestSession } from '../../../../orchestrator/scenario/session.js';
import type { Sent } from '../../../../orchestrator/scenario/session.js';
import { callbackText, opText } from './recording.js';
import type { RecordedSequence, RecordedStep } from './recording.js';
import { changedWords } from './page-words.js';
import { seenEnd } from '../ends.js';
import type { Lines } from '../lines.js';
import { requestOf } from '../play.js';
import type { ProofStep, Sequence } from '../sequence.js';
import { seenWarnings } from '../warn-once.js';

/** In the guest, times the scale of the machine. A page that warns may be printed, and so may each of a large folio. */
const STEP_MS = 5_000;
const RESET_MS = 10_000;
/** Innermost functions of an oops or of a task that waits. */
const FRAMES_KEPT = 6;

/**
 * Plays sequences on a kernel, without the model, each in a guest of its own.
 * @throws CiError('infra') where the agent does not do what it is asked
 */
export async function record(
  kernel: BootedKernel,
  profile: string,
  sequences: readonly Sequence[],
  lines: Lines,
  signal: AbortSignal,
): Promise<{ readonly recorded: RecordedSequence[]; readonly ready: ReadyHello }> {
  await using pool = new RestoringPool({ restore: (abort) => kernel.restore(abort) });
  const recorded: RecordedSequence[] = [];
  let ready: ReadyHello | undefined;
  for (const { id, steps } of sequences) {
    const guest = await pool.acquire({ signal });
    try {
      const session = new GuestSession(guest, scanConsole);
      await session.open(kernel.timeScale);
      ready ??= session.ready;
      const took: RecordedStep[] = [];
      for (const step of steps) {
        const one = await recordStep(session, step, lines, kernel.timeScale);
        took.push(one);
        if (one.end) break;
      }
      recorded.push({ profile, sequence: id, steps: took });
    } finally {
      await guest.discard();
    }
  }
  if (ready === undefined) throw new CiError('infra', 'this kernel has no device-private memory');
  return { recorded, ready };
}

async function recordStep(
  session: GuestSession,
  step: ProofStep,
  lines: Lines,
  timeScale: number,
): Promise<RecordedStep> {
  const op = resolve(session, step);
  const before = session.mirror.bytes;
  const sent = await session.send(requestOf(op), (op.op === 'init' ? RESET_MS : STEP_MS) * timeScale);
  if (sent.kind === 'broken') throw new CiError('infra', sent.why);
  const end = seenEnd(sent, lines.nameOf);
  const warnings = [...new Set(seenWarnings(sent, lines.nameOf).map(({ line }) => line))].sort();
  return {
    op: opText(op),
    ...pagesOf(session, sent, before, end !== undefined),
    ...(warnings.length > 0 && { warnings }),
    ...(end && {
      end: {
        kind: end.kind,
        ...(end.line !== undefined && { line: end.line }),
        ...(end.address !== undefined && { address: end.address }),
        frames: end.frames.slice(0, FRAMES_KEPT),
      },
    }),
  };
}

function resolve(session: GuestSession, step: ProofStep): ModelOp {
  if (!('args' in step)) return step;
  if (session.ready === undefined) throw new CiError('infra', 'the agent is not ready');
  const op = modelOpOf(step, session.ready, session.mirror.bytes);
  if (op === undefined || 'error' in op)
    throw new CiError('usage', op === undefined ? `${step.op} is not about a struct page` : op.error);
  return op;
}

/** What came back of the pages and counters; of a hang, the pages as the task that waits has left them. */
function pagesOf(
  session: GuestSession,
  sent: Sent,
  before: Uint8Array,
  ended: boolean,
): Omit<RecordedStep, 'op'> {
  if (sent.kind !== 'reply' && sent.kind !== 'hang') return {};
  const { reply } = sent;
  if (sent.kind === 'reply' && ended) return {};
  if (sent.kind === 'reply' && !reply.ok)
    throw new CiError('infra', `the agent refused: ${reply.error ?? reply.errno ?? ''}`);
  if (sent.kind === 'hang') {
    const wrong = reply.changed && session.mirror.apply(reply.changed);
    if (wrong !== undefined) throw new CiError('infra', wrong);
  }
  const { ready } = session;
  if (ready === undefined) throw new CiError('infra', 'the agent is not ready');
  const addresses = { memmap: BigInt(ready.chunk.vmemmap), pgmap: BigInt(ready.chunk.pgmap) };
  return {
    words: changedWords(before, session.mirror.bytes, addresses),
    ...(reply.refs !== undefined && { refs: reply.refs }),
    ...((reply.cb ?? []).length > 0 && { callbacks: (reply.cb ?? []).map(callbackText) }),
  };
}
