import { CiError } from '../process/errors.js';
import { run } from '../process/child.js';

const MEASURE_MS = 5_000;

/** Measurements differ by some 10 ppm, and no guest has to keep time so well; a saved one is known by its command line. */
const ROUND_KHZ = 1_000;

/** Words of the kernel command line for a counter of so many kHz, from what `zdagent --tsc-khz` printed; none for 0. */
export function clockArguments(printed: string): readonly string[] {
  const khz = /^([1-9]\d{4,7})$/.exec(printed.trim())?.[1];
  if (khz === undefined) return [];
  return ['tsc=reliable', `tsc_early_khz=${Math.round(Number(khz) / ROUND_KHZ) * ROUND_KHZ}`];
}

/**
 * Words of the kernel command line that give a guest under TCG a clock. Its time stamp counter is the host's, but a microvm has
 * neither the speaker port that Linux would measure it by (arch/x86/kernel/tsc.c, pit_calibrate_tsc()) nor an HPET: without
 * being told its rate Linux counts ticks instead, has no high-resolution timers and never stops the ticks, so that an idle guest
 * takes 5 % of a processor, not 1. `reliable`: nothing is there that could watch it. No words where the host's counter is no clock, or
 * could not be measured: without them a guest is only slower. Rejects with the signal's reason when aborted.
 */
export async function measureClock(
  agent: string,
  signal: AbortSignal,
  deadlineMs = MEASURE_MS,
): Promise<readonly string[]> {
  const what = "the measurement of the host's time stamp counter";
  try {
    const { stdout, exitCode } = await run([agent, '--tsc-khz'], { what, deadlineMs, signal });
    return exitCode === 0 ? clockArguments(stdout) : [];
  } catch (error) {
    if (signal.aborted || !(error instanceof CiError)) throw error;
    return [];
  }
}
