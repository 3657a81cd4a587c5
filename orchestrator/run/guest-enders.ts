import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Outcome } from '../scenario/outcome.js';
import { writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';

/** Day on which each test last ended its guest, or was left out since it would have, by id. */
export type GuestEnders = Readonly<Record<string, string>>;

const File = z.record(z.string(), z.iso.date());
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

/** Whether a test ended its guest, or was left out since it would have. */
export function endsGuest({ verdict, guestUsable, leftOut }: Outcome): boolean {
  return leftOut === true || (verdict === 'fail' && !guestUsable);
}

/** `known` with what one more suite has shown; what was not seen for long is forgotten. */
export function withEnders(known: GuestEnders, ids: Iterable<string>, today: string): GuestEnders {
  const oldest = Date.parse(today) - KEPT_DAYS * DAY_MS;
  const recent = Object.entries(known).filter(([, day]) => Date.parse(day) >= oldest);
  return Object.fromEntries([...recent, ...[...ids].map((id) => [id, today] as const)]);
}

/** Adds to what is remembered. That it cannot be written takes nothing away from a run. */
export async function rememberEnders(ids: ReadonlySet<string>, today: string): Promise<void> {
  if (ids.size === 0) return;
  const now = withEnders(readGuestEnders(), ids, today);
  await writeFileAtomic(file(), `${JSON.stringify(now, null, 1)}\n`).catch(() => undefined);
}
