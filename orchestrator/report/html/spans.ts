import type { Event } from '../../store/records.js';

/** Something that went on for a time, in milliseconds since the start of the run. */
export interface Span {
  readonly point: number;
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** How a build came about, how a boot ended. */
  readonly detail?: string;
}

export interface Course {
  readonly durationMs: number;
  readonly spans: readonly Span[];
  /** When a test was first told to have failed. */
  readonly failures: readonly { readonly point: number; readonly at: number }[];
  /** Busy processors up to a moment; empty in older runs. */
  readonly load: readonly { readonly at: number; readonly busy: number }[];
  readonly cores: number;
}

/** Failures drawn for one point: more would be one line. */
const FAILURES_MOST = 400;

/** What was built, booted and tested when. What has no end ends with the last event. */
export function courseOf(events: readonly Event[]): Course {
  const start = events[0]?.t ?? 0;
  const end = Math.max(start, events.at(-1)?.t ?? start);
  const open = new Map<string, Span>();
  const spans: Span[] = [];
  const load: { at: number; busy: number }[] = [];
  const failures: { point: number; at: number }[] = [];
  const failed = new Set<string>();
  let cores = 0;
  for (const event of events) {
    const at = event.t - start;
    if (event.type === 'station' && event.point !== undefined) {
      const key = `${event.point} ${event.name}`;
      const begun = open.get(key);
      if (event.phase === 'start')
        open.set(key, { point: event.point, what: event.name, from: at, to: end - start });
      else if (begun !== undefined) {
        spans.push({ ...begun, to: at, ...(event.detail === undefined ? {} : { detail: event.detail }) });
        open.delete(key);
      }
    } else if (event.type === 'point-built') {
      // It comes right after the end of its build.
      const last = spans.findLastIndex(({ point, what }) => point === event.index && what === 'build');
      const span = spans[last];
      if (span !== undefined) spans[last] = { ...span, detail: event.build.status };
    } else if (event.type === 'load') {
      load.push({ at, busy: event.busy });
      cores = Math.max(cores, event.cores);
    } else if (event.type === 'test-end' && event.test.verdict === 'fail' && !event.test.reused) {
      const key = `${event.point} ${event.test.id}`;
      if (!failed.has(key) && failed.size < FAILURES_MOST) failures.push({ point: event.point, at });
      failed.add(key);
    }
  }
  return { durationMs: end - start, spans: [...spans, ...open.values()], failures, load, cores };
}
