import path from 'node:path';
import { GuestHost } from '../../orchestrator/run/guest-host.js';
import type { HostOptions } from '../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE } from '../../orchestrator/run/options.js';
import { tempDir } from '../../orchestrator/store/temp.js';
import { buildKernel, UNPATCHED } from '../proof/model/kernels.js';

const TURNS = 9;
/** What a guest may take from nothing to the agent's first answer. */
const LIMIT_MS = 500;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

/**
 * What a guest costs that is restored, beside one that is booted and saved, in turns. Both end with an answer of the agent: a
 * restored guest draws new random numbers first. Prints milliseconds and the ratio; false where the restore misses its limit.
 */
export async function benchRestore(say: (text: string) => void, signal: AbortSignal): Promise<boolean> {
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  const wanted = { variant: UNPATCHED, profile: DEFAULT_PROFILE, fragments: [] };
  const logFile = path.join(tempDir('bench-build'), 'build.log');
  const { artifact } = await buildKernel(wanted, { logFile, signal, say: progress });
  const options: HostOptions = { machine: DEFAULT_MACHINE, accel: 'auto', fresh: true };
  const host = await GuestHost.open(options, signal, progress);
  const boots: number[] = [];
  const restores: number[] = [];
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const file = path.join(tempDir('bench'), 'console.log');
      const began = performance.now();
      await using kernel = await host.boot(artifact, file, signal);
      const booted = performance.now();
      const guest = await kernel.restore(signal);
      restores.push(performance.now() - booted);
      boots.push(booted - began);
      await guest.close();
    }
  } finally {
    host.close();
  }
  const [boot, restore] = [median(boots), median(restores)];
  const row = (name: string, ms: number, all: readonly number[]): string =>
    `${name.padEnd(44)} ${Math.round(ms).toString().padStart(5)} ms  (${Math.round(Math.min(...all))} to ${Math.round(Math.max(...all))})`;
  say(
    [
      row('boot to the first answer, and save', boot, boots),
      row('restore to the first answer', restore, restores),
      `  ratio ${(boot / restore).toFixed(1)}; limit of the restore ${LIMIT_MS} ms`,
    ].join('\n'),
  );
  return restore <= LIMIT_MS;
}
