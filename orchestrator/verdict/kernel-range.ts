/** A kernel version as numbers: 7.3-rc7 is `[7, 3, 0, 7]`, 7.3.4 is `[7, 3, 4, Infinity]`: a release is after its rcs. */
type Version = readonly [major: number, minor: number, patch: number, rc: number];

const VERSION = /^(\d+)\.(\d+)(?:\.(\d+))?(?:[-~.]?rc(\d+))?/;
const TERM = /^(>=|<=|>|<|=)?(\d+\.\d+(?:\.\d+)?(?:[-~]rc\d+)?)$/;

/** Parses `7.3.4`, `7.3-rc7`, `7.3~rc7`, with anything behind it (`7.3.4-dirty`); undefined where it is no version. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const rc = match[4] === undefined ? Infinity : Number(match[4]);
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0), rc];
}

/** Why a range such as `>=6.19 <7.6` is not valid; undefined where it is. */
export function rangeProblem(range: string): string | undefined {
  const terms = range.trim().split(/\s+/);
  const wrong = terms.find((term) => !TERM.test(term));
  return wrong === undefined ? undefined : `"${wrong}" is no version bound; write for example ">=6.19 <7.6"`;
}

/** Whether a kernel lies in a range: all its terms, joined by blanks, hold. An unreadable version is in no range. */
export function inRange(kernel: string, range: string): boolean {
  const version = parseVersion(kernel);
  if (version === undefined) return false;
  return range
    .trim()
    .split(/\s+/)
    .every((term) => {
      const match = TERM.exec(term);
      const bound = parseVersion(match?.[2] ?? '');
      if (bound === undefined) return false;
      const order = compare(version, bound);
      switch (match?.[1]) {
        case '>=':
          return order >= 0;
        case '<=':
          return order <= 0;
        case '>':
          return order > 0;
        case '<':
          return order < 0;
        default:
          return order === 0;
      }
    });
}

function compare(a: Version, b: Version): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? 0;
    const right = b[i] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
