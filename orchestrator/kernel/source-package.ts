import { compareDebVersions, upstreamRelease } from './deb-version.js';

/** A package `linux-source-N` that a suite has. */
export interface SourcePackage {
  /** linux-source-7.3 */
  readonly name: string;
  /** 7.3.4-1~bpo13+1 */
  readonly version: string;
  readonly bytes: number;
  readonly suite?: string;
}

const NAME = /^linux-source-(\d+)\.(\d+)$/;

/** Parses the output of `apt-cache show`: one stanza for each version. */
export function parseShow(text: string): SourcePackage[] {
  const found: SourcePackage[] = [];
  for (const stanza of text.split(/\n\n+/)) {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
    const [name, version] = [field('Package'), field('Version')];
    if (name === undefined || version === undefined || !NAME.test(name)) continue;
    if (found.some((other) => other.name === name && other.version === version)) continue;
    found.push({ name, version, bytes: Number(field('Size') ?? 0) });
  }
  return found;
}

/** Adds the suites out of `apt-cache madison`: `linux-source-7.3 | 7.3.4-1~bpo13+1 | http://… trixie-backports/main …`. */
export function withSuites(packages: readonly SourcePackage[], madison: string): SourcePackage[] {
  const suites = new Map<string, string>();
  for (const line of madison.split('\n')) {
    const [name, version, origin] = line.split('|').map((part) => part.trim());
    const suite = /^\S+ (\S+)\/main\b/.exec(origin ?? '')?.[1];
    if (name !== undefined && version !== undefined && suite !== undefined)
      suites.set(`${name} ${version}`, suite);
  }
  return packages.map((entry) => {
    const suite = suites.get(`${entry.name} ${entry.version}`);
    return suite === undefined ? entry : { ...entry, suite };
  });
}

function newestFirst(a: SourcePackage, b: SourcePackage): number {
  const series = (entry: SourcePackage): number => {
    const [, major, minor] = NAME.exec(entry.name) ?? [];
    return Number(major) * 1000 + Number(minor);
  };
  return series(b) - series(a) || compareDebVersions(b.version, a.version);
}

/** `7.3` stands for the package linux-source-7.3; `7.3-rc7`, `7.3.4` or a whole package version for that one. */
export function matchesWant(want: string, name: string, version: string): boolean {
  return (
    name === `linux-source-${want}` || version === want || upstreamRelease(version) === want.replace('~', '-')
  );
}

/**
 * The packages to try, best first: those wanted, newest first; then, unless `exact`, the newest version of every other
 * series, newest first (the caller takes the first one that has the feature).
 */
export function candidates(
  packages: readonly SourcePackage[],
  want: string | undefined,
  exact: boolean,
): { readonly wanted: SourcePackage[]; readonly others: SourcePackage[] } {
  const sorted = packages.toSorted(newestFirst);
  const wanted =
    want === undefined ? [] : sorted.filter((entry) => matchesWant(want, entry.name, entry.version));
  if (exact) return { wanted, others: [] };
  const others = sorted.filter(
    (entry, index) =>
      !wanted.includes(entry) && sorted.findIndex((other) => other.name === entry.name) === index,
  );
  return { wanted, others };
}
