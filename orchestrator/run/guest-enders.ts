import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Outcome } from '../scenario/outcome.js';
import { writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';

/** How a test came to its guest's end. */
export type End = 'hung' | 'crashed' | 'left out';

/** What is remembered of a test that ended its guest, or was left out since it would have. */
export interface GuestEnd {
  /** When it last did, yyyy-mm-dd. */
  readonly day: string;
  /** It hung the last time it ran; false where it crashed, and where it has only been left out. */
  readonly hung: boolean;
}

/** By id. */
export type GuestEnders = Readonly<Record<string, GuestEnd>>;

const File = z.record(z.string(), z.object({ day: z.iso.date(), hung: z.boolean() }));
const KEPT_DAYS = 60;
const DAY_MS = 24 * 60 * 60_000;

function file(): string {
  return path.join(cacheDir(), 'guest-enders.json');
}

/** What is remembered of tests on any kernel. A file that is missing or broken only costs time. */
export function readGuestEnders(): GuestEnders {
  try {
    return File.parse(JSON.parse(readFileSync(file(), 'utf8')));
  } catch {
    return {};
  }
}

/** How a test ended its guest, or that it was left out since it would have; undefined where it did neither. */
export function guestEndOf({ verdict, kind, guestUsable, leftOut }: Outcome): End | undefined {
  if (leftOut === true) return 'left out';
  if (verdict !== 'fail' || guestUsable) return undefined;
  return kind === 'hang' ? 'hung' : 'crashed';
}

/** By id of the test. */
export type Ends = ReadonlyMap<string, End>;

/** `known` with what one more suite has shown; what was not seen for long is forgotten. */
export function withEnders(known: GuestEnders, ends: Ends, today: string): GuestEnders {
  const oldest = Date.parse(today) - KEPT_DAYS * DAY_MS;
  const recent = Object.entries(known).filter(([, { day }]) => Date.parse(day) >= oldest);
  const seen = [...ends].map(([id, how]) => {
    const hung = how === 'left out' ? (known[id]?.hung ?? false) : how === 'hung';
    return [id, { day: today, hung }] as const;
  });
  return Object.fromEntries([...recent, ...seen]);
}

/** Adds to what is remembered. That it cannot be written takes nothing away from a run. */
export async function rememberEnders(ends: Ends, today: string): Promise<void> {
  if (ends.size === 0) return;
  const now = withEnders(readGuestEnders(), ends, today);
  await writeFileAtomic(file(), `${JSON.stringify(now, null, 1)}\n`).catch(() => undefined);
}
