import { RoleHistory } from '../../model/explore/role-history.js';
import { CiError } from '../../process/errors.js';
import type { KselftestOptions } from '../../scenario/kselftest.js';
import { changesInTrace, PROBES } from './trace.js';
import type { Tally } from './tally.js';

const TRACING = '/sys/kernel/tracing';
/** For each processor; an event takes about 48 bytes. */
const BUFFER_KB = 128 * 1024;
/** The guest formats a million events and sends them under TCG. */
const READ_MS = 300_000;
const SET_MS = 60_000;

type Guest = Parameters<NonNullable<KselftestOptions['trace']>>[0];

/** Stops at the first command that fails, and says which. */
const start = (probes: readonly string[]): string =>
  [
    'set -e',
    `mountpoint -q ${TRACING} || mount -t tracefs tracefs ${TRACING}`,
    `cd ${TRACING}`,
    `echo ${BUFFER_KB} >buffer_size_kb`,
    // One count for all processors: events stand in the order in which they came.
    'echo counter >trace_clock',
    // Without task, processor and time: half of the text.
    'echo nocontext-info >trace_options',
    ...probes.map((probe) => `echo '${probe}' >>kprobe_events`),
    'echo 1 >events/ci/enable',
    'echo 1 >tracing_on',
  ].join('\n');

const STOP = `cd ${TRACING} && echo 0 >tracing_on && cat per_cpu/cpu*/stats`;

/** What a program under trace did with device folios goes into a tally. */
export class GuestTracer {
  readonly #tally: Tally;
  /** What kept it from seeing everything; the tally then holds less than the program did. */
  problem: CiError | undefined;
  /** Events that were read. */
  events = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Begins in one guest. A guest whose kernel cannot be traced runs the program all the same, and `problem` says why. */
  readonly trace: NonNullable<KselftestOptions['trace']> = async (guest) => {
    await this.#attempt(() => exec(guest, start(PROBES), 'the start of the trace', SET_MS));
    return () =>
      this.#attempt(async () => {
        const lost = lostEvents(await exec(guest, STOP, 'the end of the trace', SET_MS));
        if (lost > 0)
          throw new CiError('infra', `${lost} events are missing from the trace: its buffers were full`);
        await this.#read(guest);
      });
  };

  async #read(guest: Guest): Promise<void> {
    const history = new RoleHistory((transition) => this.#tally.note(transition));
    const text = await exec(guest, `cat ${TRACING}/trace`, 'the trace of the guest', READ_MS);
    for (const change of changesInTrace(text.split('\n'))) {
      history.follow([change]);
      this.events += 1;
    }
    this.#tally.uncertain += history.uncertain;
    this.#tally.contradictions += history.contradictions;
    if (history.contradictions > 0)
      throw new CiError(
        'infra',
        `${history.contradictions} events of the trace contradict those before them`,
      );
  }

  async #attempt(body: () => Promise<unknown>): Promise<void> {
    if (this.problem) return;
    try {
      await body();
    } catch (error) {
      this.problem =
        error instanceof CiError
          ? error
          : new CiError('infra', error instanceof Error ? error.message : String(error));
    }
  }
}

async function exec(guest: Guest, script: string, what: string, deadlineMs: number): Promise<string> {
  const { code, stdout, stderr } = await guest.exec(['sh', '-c', script], { what, deadlineMs });
  if (code === 0) return stdout;
  throw new CiError('infra', `${what}: exit ${code ?? 'by a signal'}: ${stderr.trim()}`, {
    remedy: 'the kernel needs the options of kconfigs/trace.config',
  });
}

/** Events that the statistics of the buffers (per_cpu/cpu*\/stats) say were overwritten or dropped. */
export function lostEvents(stats: string): number {
  const counts = [...stats.matchAll(/^(?:overrun|commit overrun|dropped events): (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
