import type { KernelRequest } from '../kernel/artifact.js';
import type { History, Place } from './types.js';

/** What is known of a commit beside its id. */
export interface CommitName {
  /** `base`, `3/8`, the first twelve digits of the id, or `CONFIG_X=y`. */
  readonly label: string;
  readonly subject: string;
  /** "Name <address>". */
  readonly author?: string;
  readonly messageId?: string;
}

/** What a kernel of a place is built from; `why` where there is no such tree. */
export type Source =
  | Pick<KernelRequest, 'gitDir' | 'commit' | 'tree' | 'profile' | 'fragments' | 'folder'>
  | { readonly why: string };

/** Where the search goes on: a history, and how to come by the source of each of its places. */
export interface Ground {
  /** The patches of a series, the commits between two, or the options that two configurations have otherwise. */
  readonly kind: 'series' | 'range' | 'config';
  /** For a headline: the title of the series, the revisions, or the configurations. */
  readonly title: string;
  readonly history: History;
  /** By the numbers of the commits. */
  readonly names: readonly CommitName[];
  /** Where `git bisect replay` knows the ids; empty where they are no commits. */
  readonly replayIn: string;
  readonly notes: readonly string[];
  source(at: Place): Promise<Source>;
}

/** `3/8 "mm: subject"`, `the tip without 3/8`. */
export function placeInWords(at: Place, names: readonly CommitName[]): string {
  const label = (commit: number): string => names[commit]?.label ?? String(commit);
  if (at.kind === 'without') return `the new end without ${at.commits.map(label).join(', ')}`;
  const name = names[at.commit];
  return name === undefined || name.subject === '' ? label(at.commit) : `${name.label} "${name.subject}"`;
}

/** Number of a place's folder: the commits first, then the new end without a commit. */
export function placeNumber(at: Place, { commits }: History): number {
  return at.kind === 'commit' ? at.commit : commits.length + (at.commits[0] ?? 0);
}

/** Equal for equal places. */
export function placeKey(at: Place): string {
  return at.kind === 'commit' ? String(at.commit) : `without ${at.commits.join(' ')}`;
}
