import type { Splat } from '../store/records.js';

const KEY_FRAMES = 5;

/** Second key of a splat: its first five functions, innermost first. Empty where it has none. */
export function frameKey(splat: Splat): string {
  return splat.frames.slice(0, KEY_FRAMES).join(' < ');
}

/**
 * Whether two splats are the same bug: one title in common, or the same first five functions. A corrupted
 * splat is nobody's proof: it only equals another of the very same title.
 */
export function isSameBug(a: Splat, b: Splat): boolean {
  if (a.corrupted || b.corrupted) return a.title === b.title;
  const titles = new Set([a.title, ...a.altTitles]);
  if ([b.title, ...b.altTitles].some((title) => titles.has(title))) return true;
  const key = frameKey(a);
  return a.frames.length >= KEY_FRAMES && key === frameKey(b);
}
