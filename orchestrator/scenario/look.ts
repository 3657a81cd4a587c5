import { TEST_PROCESS } from './mappings.js';
import type { Mapping } from './mappings.js';
import type { Callback, MapRun, Reply } from './protocol.js';
import type { Action } from './schema.js';
import type { GuestSession, Sent } from './session.js';

/** How long the agent may take to say where the pages of a mapping are. */
const USERMAP_MS = 10_000;

/** What all processes see after a step. */
export interface Look {
  readonly runs: ReadonlyMap<Mapping, readonly MapRun[]>;
  readonly callbacks: readonly Callback[];
  readonly refs: number | undefined;
  /** References of each page map. */
  readonly refsOf: Reply['refs_of'];
  readonly rss: readonly Reply['rss'][];
}

/** What makes the answer to a step say, too, where the pages of its mapping are: a look costs as much as a step. */
export function lookWith({ op, args }: Action): { readonly map?: readonly string[] } {
  return 'name' in args && op !== 'mremap' ? { map: [args.name] } : {};
}

/**
 * Where the pages of mappings are, each in the process that has it: in the answer to the step for those of the process that
 * carried it out, if it was asked with lookWith(), and asked for now for the others.
 */
export async function lookAt(
  session: GuestSession,
  mappings: readonly Mapping[],
  { reply, process }: { readonly reply: Reply; readonly process: string },
  timeScale: number,
): Promise<Look | { readonly sent: Sent }> {
  const runs = new Map<Mapping, readonly MapRun[]>();
  const callbacks = [...(reply.cb ?? [])];
  const rss = [reply.rss];
  let { refs, refs_of: refsOf } = reply;
  for (const mapping of mappings) {
    const seen: unknown = mapping.process === process ? reply.maps?.[mapping.name] : undefined;
    if (Array.isArray(seen)) {
      runs.set(mapping, seen as readonly MapRun[]);
      continue;
    }
    const where = mapping.process === TEST_PROCESS ? {} : { in: mapping.process };
    const request = { op: 'usermap', name: mapping.name, ...where };
    const sent = await session.send(request, USERMAP_MS * timeScale);
    if (sent.kind !== 'reply' || sent.splats.length > 0 || !sent.reply.ok) return { sent };
    const { pages } = sent.reply;
    runs.set(mapping, Array.isArray(pages) ? (pages as readonly MapRun[]) : []);
    callbacks.push(...(sent.reply.cb ?? []));
    if (sent.reply.refs !== undefined) ({ refs, refs_of: refsOf } = sent.reply);
    rss.push(sent.reply.rss);
  }
  return { runs, callbacks, refs, refsOf, rss };
}
