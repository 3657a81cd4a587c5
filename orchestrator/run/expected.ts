import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';

/** How long each kind of work took lately on this machine, in milliseconds, newest last. */
type History = Readonly<Record<string, readonly number[]>>;

const KEPT = 5;
/** Something that has lasted for less has just begun. */
const BEGINS_MS = 500;
/** Kinds of work that are remembered; what was not done for longest goes first. */
const KINDS = 40;

function file(): string {
  return path.join(cacheDir(), 'durations.json');
}

/** Durations seen before. A file that is missing or broken only costs the forecast. */
export function readDurations(): History {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file(), 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : [],
      ]),
    );
  } catch {
    return {};
  }
}

/** Median of what `kind` took, or undefined where it was never seen. */
export function expectedMs(history: History, kind: string): number | undefined {
  const seen = (history[kind] ?? []).toSorted((a, b) => a - b);
  return seen[Math.floor(seen.length / 2)];
}

/** `history` with one more observation of `kind`; only the newest few are kept. */
export function withDuration(history: History, kind: string, ms: number): History {
  const { [kind]: seen = [], ...others } = history;
  const now = [...seen, Math.round(ms)].slice(-KEPT);
  return Object.fromEntries([...Object.entries(others), [kind, now] as const].slice(-KINDS));
}

/** The kind of work that testing a kernel is: a few tests say nothing of how long all of them take. */
export function testKind(asked: {
  readonly suites: readonly string[];
  readonly test?: string | undefined;
  readonly repeat: number;
}): string {
  const { suites, test, repeat } = asked;
  return [
    'test',
    ...suites,
    ...(test === undefined ? [] : [test]),
    ...(repeat > 1 ? [`×${repeat}`] : []),
  ].join(' ');
}

export async function writeDurations(history: History): Promise<void> {
  await writeFileAtomic(file(), `${JSON.stringify(history, null, 1)}\n`);
}

/** `12 s of about 17 s`, or `12 s` where nothing is known; when it begins only what is expected. */
export function elapsedOf(elapsed: number, expected: number | undefined): string {
  const about = expected === undefined ? '' : `about ${Math.max(1, Math.round(expected / 1000))} s`;
  if (elapsed < BEGINS_MS) return about;
  const now = `${Math.round(elapsed / 1000)} s`;
  return about === '' ? now : `${now} of ${about}`;
}
