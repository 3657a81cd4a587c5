import { PAGE_WORDS } from '../../model/layout.js';
import type { Place } from '../../model/kernel.js';
import { wordsOf } from '../../model/compare.js';
import { ROLES } from '../../model/roles.js';
import type { Role, RoleMap } from '../../model/roles.js';
import type { ChunkState, Replayed } from './replay.js';
import { Past } from './past.js';
import type { Patterns } from './patterns.js';

/** What a page is, for the eye; a page that is freed keeps its role and is hollow, one whose head has moved on is dead. */
export type Life = 'live' | 'free' | 'dead';

/** Pages in a row that are alike in everything that a picture shows. */
export interface PageRun {
  readonly page: number;
  readonly pages: number;
  readonly role: Role;
  readonly life: Life;
  /** Order of the folio that they are, or were last, part of, and its first page. */
  readonly order: number;
  readonly head: number;
  /** What they were before they were last made something: the reading that a stale byte was written under. */
  readonly before: Role;
  /** They hold something that a page of this role must not hold. */
  readonly wrong: boolean;
  /** What core-mm takes them for by their bytes: `role`, unless they are wrong. */
  readonly reads: Role;
  /** They hold other words than before this step. */
  readonly changed: boolean;
  /** Numbers of their words in the guest and in the model. */
  readonly guest: number;
  readonly model: number;
}

export interface Frame {
  readonly step: number;
  readonly silent: boolean;
  readonly runs: readonly PageRun[];
}

/** All that a picture of memory shows, step by step. */
export interface Picture {
  /** Pages shown, from the first on: those after them are fresh throughout. */
  readonly pages: number;
  readonly frames: readonly Frame[];
  readonly source: Replayed['source'];
  readonly ends?: string;
}

/** Pages of a row of the picture: few where few pages are shown, so that the cells are large. */
export function columnsOf(pages: number): number {
  if (pages <= 64) return 16;
  return pages <= 512 ? 32 : 64;
}

/**
 * The picture of a test that was played again.
 * @param marked pages that a deviation names, by step
 */
export function pictureOf(
  { states, source, ends }: Replayed,
  place: Place,
  patterns: Patterns,
  marked: ReadonlyMap<number, ReadonlySet<number>>,
): Picture | undefined {
  const last = states.at(-1);
  if (last === undefined) return undefined;
  const pages = shownPages(states);
  const past = new Past(pages);
  let before: Uint8Array | undefined;
  const frames = states.map((state): Frame => {
    past.follow(state.roles);
    const runs = runsOf(state, pages, place, patterns, past, before, marked.get(state.step) ?? new Set());
    before = state.guest;
    return { step: state.step, silent: state.silent, runs };
  });
  return { pages, frames, source, ...(ends === undefined ? {} : { ends }) };
}

/** Up to the last page that is ever anything but fresh, in whole rows. */
function shownPages(states: readonly ChunkState[]): number {
  const total = states[0]?.roles.pages ?? 0;
  let used = 1;
  for (const { roles, wrong } of states) {
    used = Math.max(used, roles.used);
    for (const page of wrong) used = Math.max(used, page + 1);
  }
  const columns = columnsOf(used);
  return Math.min(total, Math.ceil(used / columns) * columns);
}

function lifeOf(roles: RoleMap, page: number): Life {
  if (roles.live(page) || roles.role(page) === 'fresh') return 'live';
  return roles.dead(page) ? 'dead' : 'free';
}

function runsOf(
  { guest, model, roles, wrong }: ChunkState,
  pages: number,
  place: Place,
  patterns: Patterns,
  past: Past,
  before: Uint8Array | undefined,
  marked: ReadonlySet<number>,
): PageRun[] {
  const [have, want] = [wordsOf(guest), wordsOf(model)];
  const [still, alike] = [before === guest, guest === model];
  const was = before && wordsOf(before);
  const runs: Open[] = [];
  let open: Open | undefined;
  for (let page = 0; page < pages; page++) {
    const order = roles.order(page);
    // A page of order 0 is its own head: that must not keep equal neighbours apart.
    const head = order === 0 ? 0 : roles.head(page);
    const at = page * PAGE_WORDS;
    const role = roles.role(page);
    const life = lifeOf(roles, page);
    const earlier = past.before(page);
    const bad = wrong.has(page) || marked.has(page);
    const reads = bad ? readsAs(place, have, at, role, earlier) : role;
    const changed = was !== undefined && !still && !sameWords(was, have, at);
    const ours = patterns.number(have, at, page);
    // Nearly always the two hold the same.
    const theirs = alike || sameWords(have, want, at) ? ours : patterns.number(want, at, page);
    // A journal has millions of pages, nearly all like the one before: no object is made for such a page.
    if (
      open !== undefined &&
      open.role === role &&
      open.head === head &&
      open.guest === ours &&
      open.model === theirs &&
      open.life === life &&
      open.order === order &&
      open.before === earlier &&
      open.wrong === bad &&
      open.reads === reads &&
      open.changed === changed
    ) {
      open.pages++;
      continue;
    }
    open = {
      page,
      pages: 1,
      role,
      life,
      order,
      head,
      before: earlier,
      wrong: bad,
      reads,
      changed,
      guest: ours,
      model: theirs,
    };
    runs.push(open);
  }
  return runs;
}

type Open = { -readonly [name in keyof PageRun]: PageRun[name] };

const isTail = (role: Role): boolean => role.startsWith('tail');

/**
 * What core-mm takes a page for: a tail by the low bit of compound_info (page-flags.h:_compound_head), a head by PG_head. Which
 * tail it is nobody can see in it; it is the one that it was made to be.
 */
function readsAs({ layout }: Place, words: Uint32Array, at: number, role: Role, before: Role): Role {
  const info = words[at + (layout.at.info >> 2)] as number;
  if ((info & 1) === 1) return isTail(role) ? role : isTail(before) ? before : 'tail';
  const head = layout.flags['PG_head'] as number;
  const flags = words[at + (layout.at.flags >> 2)] as number;
  if (((flags >> head) & 1) === 1) return 'head';
  return role === 'fresh' ? role : 'order0';
}

function sameWords(one: Uint32Array, other: Uint32Array, at: number): boolean {
  for (let word = at; word < at + PAGE_WORDS; word++) if (one[word] !== other[word]) return false;
  return true;
}

/** The run that a page is in. */
export function runAt(frame: Frame, page: number): PageRun | undefined {
  return frame.runs.find((run) => page >= run.page && page < run.page + run.pages);
}

/** Roles as numbers, for the script of the page. */
export function roleNumber(role: Role): number {
  return ROLES.indexOf(role);
}
