import { managedSource } from '../kernel/managed-source.js';
import type { RunOptions } from './options.js';

/** Where the kernel comes from. */
export interface Source {
  /** Path of a git directory, a checkout or plain source. */
  readonly tree: string;
  /** For people: the path they gave, or the name of the package. */
  readonly name: string;
  readonly notes: readonly string[];
}

/** The user's tree, or the managed Debian source. */
export async function chooseSource(
  options: Pick<RunOptions, 'tree' | 'source'>,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Source> {
  if (options.tree !== undefined) {
    say(options.tree);
    return { tree: options.tree, name: options.tree, notes: [] };
  }
  const source = await managedSource({
    want: options.source,
    signal,
    progress: (text, fraction) =>
      say(fraction === undefined ? text : `${text} ${Math.round(fraction * 100)} %`),
  });
  say(source.origin);
  const standIn = source.version.startsWith(options.source)
    ? []
    : [`no suite has linux ${options.source} any more: ${source.origin} stands in for it`];
  return { tree: source.gitDir, name: source.origin, notes: standIn };
}
