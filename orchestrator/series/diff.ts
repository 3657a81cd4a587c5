import type { Preimage } from './types.js';

export interface DiffFacts {
  readonly files: readonly string[];
  readonly preimages: readonly Preimage[];
  readonly strip: 0 | 1;
  /** There is something to apply. */
  readonly hasChanges: boolean;
}

interface FileDiff {
  oldPath?: string;
  newPath?: string;
  blob?: string;
  /** Its "---" line was seen. */
  headed?: boolean;
}

/** The "---" and "+++" lines know better than the "diff --git" line: /dev/null for a file that is new or deleted. */
function setPath(section: FileDiff, which: 'oldPath' | 'newPath', path: string | undefined): void {
  if (path === undefined) delete section[which];
  else section[which] = path;
}

/** Undoes git's C-style quoting of odd path names: `"a/\303\244.c"`. */
export function unquotePath(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const single: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };
  const bytes = name
    .slice(1, -1)
    .replaceAll(/\\([0-7]{3}|.)/g, (_, code: string) =>
      /^[0-7]{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (single[code] ?? code),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function headerPath(line: string): string | undefined {
  const name = unquotePath(line.slice(4).split('\t')[0]?.trimEnd() ?? '');
  return name === '/dev/null' || name === '' ? undefined : name;
}

/** The two names of a "diff --git" line, where they can be told apart (equal but for a/ and b/). */
function gitLinePaths(line: string): [string, string] | undefined {
  const rest = line.slice('diff --git '.length).trimEnd();
  if (rest.startsWith('"')) {
    const quoted = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(rest);
    return quoted?.[1] === undefined || quoted[2] === undefined
      ? undefined
      : [unquotePath(quoted[1]), unquotePath(quoted[2])];
  }
  const half = (rest.length - 1) / 2;
  const [left, right] = [rest.slice(0, half), rest.slice(half + 1)];
  const body = (path: string): string => path.replace(/^[^/]*\//, '');
  if (Number.isInteger(half) && (left === right || body(left) === body(right))) return [left, right];
  const words = rest.split(' ');
  return words.length === 2 ? [words[0] ?? '', words[1] ?? ''] : undefined;
}

/**
 * Reads the headers of a diff: which paths it names, which blobs it was made against, whether its paths have the usual
 * prefixes. Lines inside hunks are skipped by the counts in their @@ line, so a diff of a diff is no trap.
 */
export function parseDiff(diff: string): DiffFacts {
  const sections: FileDiff[] = [];
  let current: FileDiff | undefined;
  let [oldLeft, newLeft] = [0, 0];
  let prefixed = 0;
  let bare = 0;
  let hasChanges = false;
  const begin = (): FileDiff => {
    const section: FileDiff = {};
    sections.push(section);
    return section;
  };
  for (const line of diff.split('\n')) {
    if (oldLeft > 0 || newLeft > 0) {
      const mark = line[0] ?? ' ';
      if (mark === ' ' || mark === '\r' || mark === '-') oldLeft -= 1;
      if (mark === ' ' || mark === '\r' || mark === '+') newLeft -= 1;
      if (!'+- \r\\'.includes(mark)) [oldLeft, newLeft] = [0, 0];
      else continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null && current !== undefined) {
      [oldLeft, newLeft] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      hasChanges = true;
    } else if (line.startsWith('diff --git ')) {
      current = begin();
      const paths = gitLinePaths(line);
      if (paths !== undefined) {
        [current.oldPath, current.newPath] = paths;
        if (/^[a-z]\//.test(paths[0]) && /^[a-z]\//.test(paths[1]) && paths[0] !== paths[1]) prefixed += 1;
        else bare += 1;
      }
    } else if (line.startsWith('--- ')) {
      // A plain diff has no "diff --git" line: its sections begin here.
      if (current === undefined || current.headed === true) current = begin();
      current.headed = true;
      setPath(current, 'oldPath', headerPath(line));
    } else if (current === undefined) {
      continue;
    } else if (line.startsWith('+++ ')) {
      setPath(current, 'newPath', headerPath(line));
    } else if (line.startsWith('index ')) {
      const blob = /^index ([0-9a-f]{4,64})\.\.[0-9a-f]{4,64}/.exec(line)?.[1];
      if (blob !== undefined) current.blob = blob;
    } else if (
      /^(?:rename|copy) (?:from|to) |^(?:old|new) mode |^(?:new file|deleted file) mode /.test(line)
    ) {
      hasChanges = true;
    } else if (line === 'GIT binary patch' || /^Binary files .* differ/.test(line)) {
      hasChanges = true;
    }
  }
  const strip = bare > 0 && prefixed === 0 ? 0 : 1;
  return { ...collect(sections, strip), strip, hasChanges };
}

function collect(sections: readonly FileDiff[], strip: 0 | 1): Pick<DiffFacts, 'files' | 'preimages'> {
  const clean = (path: string): string => (strip === 0 ? path : path.replace(/^[^/]*\//, ''));
  const files = new Set<string>();
  const preimages: Preimage[] = [];
  for (const section of sections) {
    for (const path of [section.oldPath, section.newPath]) if (path !== undefined) files.add(clean(path));
    const path = section.oldPath ?? section.newPath;
    if (path !== undefined && section.blob !== undefined && !/^0+$/.test(section.blob)) {
      preimages.push({ path: clean(path), blob: section.blob });
    }
  }
  return { files: [...files].toSorted(), preimages };
}
