/** Where a patch changes the kernel, and in how many places. */
export interface Place {
  readonly file: string;
  /** Of the first changed line, before the change. */
  readonly line: number;
  readonly files: number;
  readonly hunks: number;
}

/** The place of a change in git's diff format; undefined where nothing is changed. */
export function placeOf(diff: string): Place | undefined {
  let file: string | undefined;
  let line = 0;
  let place: { file: string; line: number } | undefined;
  let [files, hunks, inHunk] = [0, 0, false];
  for (const text of diff.split('\n')) {
    if (text.startsWith('diff --git ')) inHunk = false;
    if (!inHunk && text.startsWith('--- ')) {
      file = text.slice(4).replace(/^a\//, '').replace(/\t.*$/, '');
      files += 1;
      continue;
    }
    const hunk = /^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@/.exec(text);
    if (hunk !== null) {
      inHunk = true;
      hunks += 1;
      line = Number(hunk[1]);
      continue;
    }
    if (!inHunk || file === undefined) continue;
    if (/^[-+]/.test(text)) place ??= { file, line };
    if (!text.startsWith('+')) line += 1;
  }
  return place === undefined ? undefined : { ...place, files, hunks };
}
