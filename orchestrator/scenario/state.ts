import type { Deviation } from '../store/records.js';
import { readField } from './chunk.js';
import { checkFolios, checkFreed, checkUntouched, pagesOf } from './folio-checks.js';
import type { FolioEvent, ModelOp, OracleRun } from './oracle.js';
import type { Callback, MapRun, ReadyHello, Reply, Request, UserPageState } from './protocol.js';
import { modelOpOf, requestOf } from './request.js';
import { DEFAULT_SEED } from './schema.js';
import type { Action, StepExpectation } from './schema.js';
import type { GuestSession, Sent } from './session.js';
import {
  checkAccess,
  checkCallbacks,
  checkData,
  checkFreedPages,
  checkPlacement,
  checkPlaces,
  checkReferences,
  checkRss,
} from './user-checks.js';
import { afterFault, afterMigrate, afterUnmap, countCallbacks, references } from './user-memory.js';
import type { Settled, UserFolio } from './user-memory.js';

interface Mapping {
  readonly pages: number;
  seed: number;
  /** Pages that have been unmapped. */
  readonly gone: Set<number>;
}

type UserAction = Extract<Action, { op: 'mmap' | 'fill' | 'migrate' | 'touch' | 'verify' | 'munmap' }>;

/** How long the agent may take to say where the pages of a mapping are. */
const USERMAP_MS = 10_000;

/** What one case has made so far: folios, mappings, and the model that runs in step with it. */
export class CaseState {
  readonly session: GuestSession;
  readonly oracle: OracleRun;
  readonly #hello: ReadyHello;
  readonly evidence: string[] = [];
  /** Orders of folios made by init, by first page. */
  readonly #live = new Map<number, number>();
  readonly #maps = new Map<string, Mapping>();
  #folios: readonly UserFolio[] = [];
  /** That of the step under way. */
  #request: Request = { op: '' };

  constructor(session: GuestSession, hello: ReadyHello, oracle: OracleRun) {
    this.session = session;
    this.#hello = hello;
    this.oracle = oracle;
  }

  /** Mappings that still exist. */
  mappings(): string[] {
    return [...this.#maps.keys()];
  }

  /** The request for a step, or why it cannot be made on this kernel. */
  prepare(
    action: Action,
  ): { readonly request: Request; readonly modelOp?: ModelOp } | { readonly error: string } {
    const op = modelOpOf(action, this.#hello, this.session.mirror.bytes);
    if (op !== undefined && 'error' in op) return op;
    const seed =
      'name' in action.args ? (this.#maps.get(action.args.name)?.seed ?? DEFAULT_SEED) : DEFAULT_SEED;
    const request = requestOf(action, op, seed);
    this.#request = request;
    return op === undefined ? { request } : { request, modelOp: op };
  }

  /** Judges an answer. `sent` comes back where the look at the mapping itself went wrong. */
  async judge(
    step: number,
    action: Action,
    expect: StepExpectation | undefined,
    op: ModelOp | undefined,
    before: Uint8Array,
    reply: Reply,
    timeScale: number,
  ): Promise<{ readonly deviations: readonly Deviation[] } | { readonly sent: Sent }> {
    if (op) {
      const after = this.session.mirror.bytes;
      const judged = this.oracle.judge(step, op, {
        before,
        after,
        // Where the agent says nothing of references they count as they should be.
        refs: reply.refs ?? this.#owed(op),
        callbacks: reply.cb ?? [],
      });
      this.evidence.push(...judged.evidence);
      if (op.op === 'init') this.#live.set(op.pfn, op.order);
      if (op.op === 'free') this.#live.delete(op.pfn);
      return { deviations: judged.deviations };
    }
    return this.#judgeUser(step, action as UserAction, expect, before, reply, timeScale);
  }

  async #judgeUser(
    step: number,
    action: UserAction,
    expect: StepExpectation | undefined,
    before: Uint8Array,
    reply: Reply,
    timeScale: number,
  ): Promise<{ readonly deviations: readonly Deviation[] } | { readonly sent: Sent }> {
    const name = action.args.name;
    if (action.op === 'mmap')
      this.#maps.set(name, { pages: action.args.pages, seed: DEFAULT_SEED, gone: new Set() });
    const mapping = this.#maps.get(name);
    if (!mapping) throw new RangeError(`the agent took ${action.op} of mapping ${name}, which no step made`);
    const first = action.op === 'munmap' ? (action.args.page ?? 0) : 0;
    const count = action.op === 'munmap' ? (action.args.pages ?? mapping.pages) : 0;
    for (let page = first; page < first + count; page += 1) mapping.gone.add(page);
    if (action.op === 'fill') mapping.seed = action.args.seed;

    const over = count >= mapping.pages;
    let runs: readonly MapRun[] = [];
    let callbacks: readonly Callback[] = reply.cb ?? [];
    let refs = reply.refs;
    let { rss } = reply;
    if (!over) {
      const sent = await this.session.send({ op: 'usermap', name }, USERMAP_MS * timeScale);
      if (sent.kind !== 'reply' || sent.splats.length > 0 || !sent.reply.ok) return { sent };
      runs = Array.isArray(sent.reply.pages) ? (sent.reply.pages as readonly MapRun[]) : [];
      callbacks = [...callbacks, ...(sent.reply.cb ?? [])];
      refs = sent.reply.refs ?? refs;
      rss = sent.reply.rss ?? rss;
    }
    const states = placesOf(runs);
    const old = this.#folios;
    const large = Math.max(0, ...old.map((folio) => folio.order));
    const settled = this.#settle(action, mapping, states, first, count);
    this.#folios = settled.folios;
    if (over) this.#maps.delete(name);

    const owed = this.#owed();
    const counted = callbacks.filter((callback) => callback.fn !== 'migrate_to_ram');
    const device = expect?.device;
    const pages = { bytes: this.session.mirror.bytes, hello: this.#hello };
    const fresh = readField(this.session.pristine, this.#hello, 0, 'page.flags');
    const sent = action.op === 'migrate' ? action.args.to : [];
    const mine = [...old, ...this.#folios].filter(({ mapping: of }) => of === name);
    const kept = pagesOf(this.#folios);
    const freed = new Set([...pagesOf([...old, ...sent])].filter((page) => !kept.has(page)));
    const deviations = [
      ...checkAccess(step, name, reply.signal),
      ...checkData(step, name, reply.bad ?? [], reply.bad_pages ?? 0),
      ...(over ? [] : checkPlacement(step, name, this.#folios, runs)),
      ...(over ? [] : checkPlaces(step, name, states, placesExpected(action, mapping, expect), device)),
      ...(expect?.migrated === undefined || expect.migrated === reply.migrated
        ? []
        : [notMoved(step, expect.migrated, reply.migrated)]),
      ...checkFolios(step, this.#folios, pages, fresh),
      ...checkFreed(step, [...old, ...sent], this.#folios, splitHeads(callbacks), pages),
      ...checkUntouched(step, before, pagesOf([...mine, ...sent]), pages),
      ...checkFreedPages(step, callbacks, freed),
      ...checkCallbacks(step, settled.callbacks, countCallbacks(counted, large)),
      ...checkReferences(step, owed, refs),
      ...checkRss(step, rss),
    ];
    const predicted = this.oracle.follow(step, {
      request: this.#request,
      reply,
      after: this.session.mirror.bytes,
      refs: refs ?? owed,
      callbacks,
      folios: folioEvents(old, this.#folios, callbacks),
      ...(!over && { map: { name, runs } }),
    });
    this.evidence.push(...predicted);
    return { deviations };
  }

  /** References to the pgmap that living folios must hold, an operation under way included. */
  #owed(op?: ModelOp): number {
    const live = new Map(this.#live);
    if (op?.op === 'init') live.set(op.pfn, op.order);
    if (op?.op === 'free') live.delete(op.pfn);
    return [...live.values()].reduce((sum, order) => sum + 2 ** order, 0) + references(this.#folios);
  }

  #settle(
    action: UserAction,
    mapping: Mapping,
    states: readonly UserPageState[],
    first: number,
    count: number,
  ): Settled {
    const { name } = action.args;
    switch (action.op) {
      case 'mmap':
        return { folios: this.#folios, callbacks: [{}] };
      case 'migrate':
        return afterMigrate(this.#folios, name, action.args.to, states);
      case 'munmap':
        return afterUnmap(this.#folios, name, first, count);
      case 'fill':
      case 'touch':
      case 'verify':
        return afterFault(this.#folios, name, states);
    }
  }
}

/** First pages of folios that were split. */
function splitHeads(callbacks: readonly Callback[]): Set<number> {
  return new Set(callbacks.filter(({ fn }) => fn === 'folio_split').map(({ pfn }) => pfn));
}

/** What became of device folios between two steps, in an order that could have been: deaths before births. */
function folioEvents(
  before: readonly UserFolio[],
  after: readonly UserFolio[],
  callbacks: readonly Callback[],
): FolioEvent[] {
  const same = (a: UserFolio, b: UserFolio): boolean => a.pfn === b.pfn && a.order === b.order;
  const split = splitHeads(callbacks);
  const events: FolioEvent[] = [];
  for (const folio of before.filter((one) => !after.some((other) => same(one, other)))) {
    events.push({ pfn: folio.pfn, order: folio.order, live: false });
    if (folio.order === 0 || !split.has(folio.pfn)) continue;
    for (let pfn = folio.pfn; pfn < folio.pfn + 2 ** folio.order; pfn += 1) {
      events.push({ pfn, order: 0, live: true });
      if (!after.some((piece) => piece.pfn === pfn)) events.push({ pfn, order: 0, live: false });
    }
  }
  const born = after.filter((one) => !before.some((other) => same(one, other)));
  return [...events, ...born.map(({ pfn, order }) => ({ pfn, order, live: true }))];
}

/** Where the pages that a step is about must be after it. */
function placesExpected(
  action: UserAction,
  mapping: Mapping,
  expect: StepExpectation | undefined,
): Map<number, UserPageState> {
  const places = new Map<number, UserPageState>();
  const put = (first: number, count: number, state: UserPageState): void => {
    for (let page = first; page < first + count; page += 1)
      if (!mapping.gone.has(page)) places.set(page, state);
  };
  switch (action.op) {
    case 'migrate':
      if (expect?.migrated === undefined)
        for (const { page, order } of action.args.to) put(page, 2 ** order, 'device');
      break;
    case 'touch':
      put(action.args.page, action.args.pages, 'ram');
      break;
    case 'fill':
    case 'verify':
      put(0, mapping.pages, 'ram');
      break;
    case 'mmap':
    case 'munmap':
      break;
  }
  return places;
}

/** State of each page, from runs that cover the mapping in order. */
function placesOf(runs: readonly MapRun[]): UserPageState[] {
  return runs.flatMap(({ n, state }) => Array.from({ length: n }, () => state));
}

function notMoved(step: number, expected: number, found: number | undefined): Deviation {
  return {
    kind: 'counter',
    step,
    field: 'pages migrated',
    expected: String(expected),
    found: String(found ?? 'no count'),
  };
}
