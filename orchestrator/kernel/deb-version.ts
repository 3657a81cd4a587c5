/** Order of a character in dpkg's comparison: `~` before the end, the end before letters, letters before the rest. */
function order(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/\d/.test(a.charAt(i))) || (j < b.length && !/\d/.test(b.charAt(j)))) {
      const letter = (text: string, at: number): string | undefined =>
        at < text.length && !/\d/.test(text.charAt(at)) ? text.charAt(at) : undefined;
      const difference = order(letter(a, i)) - order(letter(b, j));
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const numberA = /^\d*/.exec(a.slice(i))?.[0] ?? '';
    const numberB = /^\d*/.exec(b.slice(j))?.[0] ?? '';
    const difference = Number(numberA) - Number(numberB);
    if (difference !== 0) return difference;
    i += numberA.length;
    j += numberB.length;
  }
  return 0;
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Negative if `a` is older than `b`, as dpkg sees it (deb-version(7)). */
export function compareDebVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    left.epoch - right.epoch ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

/** The kernel's part of a package version: `7.3.4-1~bpo13+1` is `7.3.4`, `7.3~rc7-1~exp1` is `7.3-rc7`. */
export function upstreamRelease(version: string): string {
  return split(version).upstream.replace('~', '-');
}

/** A git tag for a package version; `~` and the like cannot be in one. */
export function tagFor(version: string): string {
  const { revision } = split(version);
  return `v${upstreamRelease(version)}-debian-${revision.replaceAll(/[^\w.+-]/g, '-')}`;
}
