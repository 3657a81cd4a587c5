/** What a series is known by in its next version. */
export interface SeriesName {
  /** Without its version. */
  readonly title: string;
  /** Of its patches. */
  readonly subjects: readonly string[];
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, ' ').trim();

/** Whether one is another version of the other: it has its title, or at least half of the patches by their subjects. */
export function sameSeries(one: SeriesName, other: SeriesName): boolean {
  if (plain(one.title) === plain(other.title)) return true;
  const subjects = new Set(other.subjects.map(plain));
  const shared = one.subjects.filter((subject) => subjects.has(plain(subject))).length;
  return one.subjects.length > 0 && shared * 2 >= Math.max(one.subjects.length, subjects.size);
}
