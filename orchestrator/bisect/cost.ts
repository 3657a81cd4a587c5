import type { BisectEvent } from './events.js';
import type { BisectRecord } from './record.js';

/**
 * What a bisect took, out of its journal. Pure.
 *
 * The critical path is what had to wait for what went before it whatever else the machine could have done meanwhile: the first
 * kernel that was waited for, and every batch of runs, boots included.
 */
export function costOf(
  events: readonly BisectEvent[],
  processors: number,
  now: number,
): BisectRecord['cost'] {
  const runs = events.filter(({ type }) => type === 'run');
  const built = events.filter((event) => event.type === 'built');
  const batches = events.filter((event) => event.type === 'batch');
  const testMs = sum(batches.map((batch) => batch.testMs));
  const firstBuild = batches.find(({ waitedMs }) => waitedMs > 0)?.waitedMs ?? 0;
  const cpuMs = sum(events.map((event) => (event.type === 'end' ? event.cpuMs : 0)));
  const wallMs = wallOf(events, now);
  const criticalMs = firstBuild + testMs;
  return {
    runs: runs.length,
    kernelsBuilt: built.filter(({ status }) => status === 'built').length,
    wallMs,
    buildMs: sum(built.map(({ ms }) => ms)),
    testMs,
    cpuMs,
    criticalMs,
    ratio: wallMs / Math.max(1, criticalMs, cpuMs / processors),
    processors,
  };
}

/** From every start to the last line before the next. */
function wallOf(events: readonly BisectEvent[], now: number): number {
  let wall = 0;
  let began: number | undefined;
  let last = 0;
  for (const event of events) {
    if (event.type === 'start' || event.type === 'resume') {
      if (began !== undefined) wall += last - began;
      began = event.t;
    }
    last = event.t;
  }
  return began === undefined ? 0 : wall + Math.max(last, now) - began;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
