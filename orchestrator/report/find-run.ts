import type { RunHead } from './runs.js';

/** What a mail says of itself, and what b4 says of its series. */
export interface Sought {
  readonly messageId?: string;
  /** `git patch-id --stable` of its diff; empty for a mail without one. */
  readonly patchId: string;
  /** Message-ids of the other mails of the series, where they are known. */
  readonly series: readonly string[];
}

export interface FoundRun {
  readonly run: RunHead;
  /** Index of the point that the mail is; absent where the mail is the cover letter, or only its series is known. */
  readonly point?: number;
}

/**
 * The newest run that tested the patch of a mail, else its series. A patch is known by its message-id, or by its
 * patch-id where it was tested before it was sent. Runs that came to their end, with every patch tested on its own, come first.
 * @param runs newest first
 */
export function findRun(runs: readonly RunHead[], sought: Sought): FoundRun | undefined {
  const ordered = runs.toSorted((a, b) => Number(saysMore(b)) - Number(saysMore(a)));
  const { messageId, patchId } = sought;
  for (const run of ordered) {
    const byId = run.points.find((one) => messageId !== undefined && one.messageId === messageId);
    const byPatch = run.points.find((one) => patchId !== '' && one.patchId === patchId);
    const point = byId ?? byPatch;
    if (point !== undefined) return { run, point: point.index };
  }
  const ids = new Set([...(messageId === undefined ? [] : [messageId]), ...sought.series]);
  const run = ordered.find(
    ({ series, points }) =>
      (series?.messageId !== undefined && ids.has(series.messageId)) ||
      points.some((one) => one.messageId !== undefined && ids.has(one.messageId)),
  );
  return run === undefined ? undefined : { run };
}

function saysMore({ ended, series, points }: RunHead): boolean {
  return ended && series !== undefined && points.length > series.patches;
}
