import { CiError, type CiErrorDetails } from './errors.js';

/** Node's timers hold 31 bits; a longer delay would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `fire` after `ms` milliseconds (never for Infinity). The returned function takes it back. */
export function timer(ms: number, fire: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  const handle = setTimeout(fire, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
  return () => clearTimeout(handle);
}

/** What an aborted signal was aborted with, always as an Error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(`aborted: ${String(reason)}`);
}

/** "350 ms", "12 s", "1.5 s", "2 min 5 s". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/** The error of a missed deadline. `what` completes the sentence "timed out waiting for …". */
export function deadlineError(what: string, ms: number, details: CiErrorDetails = {}): CiError {
  return new CiError('infra', `timed out after ${formatDuration(ms)} waiting for ${what}`, {
    awaited: what,
    waitedMs: ms,
    ...details,
  });
}

async function race<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let cancel = (): void => {};
  const expiry = new Promise<never>((_, reject) => {
    cancel = timer(ms, () => reject(late()));
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    cancel();
  }
}

/** Settles as `promise` does, or rejects with CiError('infra') after `ms` milliseconds. The promise itself goes on. */
export async function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  what: string,
  details: CiErrorDetails = {},
): Promise<T> {
  return race(promise, ms, () => deadlineError(what, ms, details));
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortReason(signal));
      return;
    }
    const onAbort = (): void => {
      cancel();
      if (signal !== undefined) reject(abortReason(signal));
    };
    const cancel = timer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Calls `probe` every `everyMs` milliseconds until it gives something other than undefined. An error of the probe
 * ends the wait. Rejects with CiError('infra') after `ms`, also when one call of the probe never comes back.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  opts: {
    readonly ms: number;
    readonly everyMs: number;
    readonly what: string;
    readonly signal?: AbortSignal;
  },
): Promise<T> {
  const end = performance.now() + opts.ms;
  for (;;) {
    if (opts.signal?.aborted === true) throw abortReason(opts.signal);
    const left = end - performance.now();
    if (left <= 0) throw deadlineError(opts.what, opts.ms);
    const found = await race((async () => probe())(), left, () => deadlineError(opts.what, opts.ms));
    if (found !== undefined) return found;
    await sleep(Math.min(opts.everyMs, Math.max(0, end - performance.now())), opts.signal);
  }
}
