import { adoptedCallbacks, adoptFolios, checkGivenBack, moved } from './adopted.js';
import type { Deviation } from '../store/records.js';
import { readField } from './chunk.js';
import { checkEvicted, checkEvictExpectation } from './evict-checks.js';
import type { Evictable } from './evict-checks.js';
import { checkFolios, checkFreed, checkUntouched, checkUnused, pagesOf } from './folio-checks.js';
import { checkMirror, checkWritable } from './mirror-checks.js';
import { checkExclusive } from './exclusive-checks.js';
import { folioEvents, splitHeads } from './folio-events.js';
import { Mappings, pagesNamed, processOf, TEST_PROCESS, titleOf } from './mappings.js';
import type { Mapping } from './mappings.js';
import type { FolioEvent, SeenMap } from './oracle.js';
import { placesExpected, placesLost, placesOf } from './places.js';
import type { Callback, MapRun, ReadyHello, Reply } from './protocol.js';
import type { Action, Step, StepExpectation } from './schema.js';
import type { GuestSession, Sent } from './session.js';
import { droppedIn, initialised, rulesFor } from './unruled.js';
import type { RuledAction, UserAction } from './unruled.js';
import {
  checkAccess,
  checkCallbacks,
  checkCharged,
  checkData,
  checkDevicePages,
  checkFreedPages,
  checkLargeFolios,
  checkPlacement,
  checkPlaces,
  checkReferences,
  checkRss,
  checkVmstat,
} from './user-checks.js';
import {
  afterEvict,
  afterExit,
  afterFault,
  afterFork,
  afterMigrate,
  afterProtect,
  afterUnmap,
  countCallbacks,
  references,
  withoutSplits,
} from './user-memory.js';
import type { Destination, Settled, UserFolio } from './user-memory.js';

/** How long the agent may take to say where the pages of a mapping are. */
const USERMAP_MS = 10_000;

/** What all processes see after a step. */
interface Look {
  readonly runs: ReadonlyMap<Mapping, readonly MapRun[]>;
  readonly callbacks: readonly Callback[];
  readonly refs: number | undefined;
  readonly rss: readonly Reply['rss'][];
}

/** What is known of a step before it is judged. */
export interface UserStep {
  readonly step: number;
  readonly action: UserAction;
  readonly expect: StepExpectation | undefined;
  /** Struct pages before the step. */
  readonly before: Uint8Array;
  readonly reply: Reply;
  /** Folios that single steps have made. */
  readonly others: readonly Evictable[];
  readonly timeScale: number;
}

/** A step that came back. */
export interface UserJudgement {
  readonly deviations: readonly Deviation[];
  readonly refs: number;
  readonly callbacks: readonly Callback[];
  readonly events: readonly FolioEvent[];
  /** Where the pages of each mapping are that was looked at. */
  readonly maps: readonly SeenMap[];
}

/** `sent`: the look at the mappings itself went wrong. */
export type UserVerdict = UserJudgement | { readonly sent: Sent };

/** The processes of one case: their mappings, and the device folios that hold pages of them. */
export class UserState {
  readonly #session: GuestSession;
  readonly #hello: ReadyHello;
  readonly #maps = new Mappings();
  #folios: readonly UserFolio[] = [];
  /** Large allocations on the way back that the driver still fails. */
  #failLarge = 0;
  #splitOp: boolean;
  /** A fork has been: pages may be of several processes, until each is written to. */
  #shared = false;
  /** Counters before anything was touched. */
  #idle: Reply['counters'];

  constructor(session: GuestSession, hello: ReadyHello) {
    this.#session = session;
    this.#hello = hello;
    this.#splitOp = hello.folio_split ?? true;
  }

  /** References to the pgmap that the folios of processes hold. */
  get references(): number {
    return references(this.#folios);
  }

  /** Seed of the pattern that a process last wrote to a mapping. */
  seedOf(process: string, name: string): number | undefined {
    return this.#maps.get(process, name)?.seed;
  }

  /** Why a step cannot be followed; undefined where it can. */
  problem(action: Action): string | undefined {
    if (action.op !== 'mmap') return undefined;
    const { name } = action.args;
    const held = this.#maps.named(name).find((one) => one.process !== TEST_PROCESS);
    return held ? `child ${held.process} still has a mapping ${name}` : undefined;
  }

  /** Steps that end what still is: children, then mappings. */
  remaining(): Step[] {
    return [
      ...this.#maps.children().map((child): Step => ({ exit: { child } })),
      ...this.#maps.ofProcess(TEST_PROCESS).map(({ name }): Step => ({ munmap: { name, every: 1 } })),
    ];
  }

  knobs({ failLarge, splitOp }: Extract<Action, { op: 'knobs' }>['args']): void {
    this.#failLarge = failLarge;
    this.#splitOp = splitOp ?? this.#splitOp;
  }

  /** Judges a step. `sent` comes back where the look at the mappings itself went wrong. */
  async judge(one: UserStep): Promise<UserVerdict> {
    const { step, action, expect, before, reply, others } = one;
    const changed = this.#book(action);
    // A move is about two mappings.
    const name = 'name' in action.args && action.op !== 'mremap' ? action.args.name : undefined;
    const look = await this.#look(name, reply, one.timeScale);
    if ('sent' in look) return look;
    const old = action.op === 'mremap' ? moved(this.#folios, action.args.name, action.args.to) : this.#folios;
    const sent = initialised(action, reply);
    const raced = action.op === 'race';
    const settled = rulesFor(action)
      ? this.#settle(action, reply, look, changed, sent)
      : this.#adopt(name, look, old, sent);
    this.#folios = settled.folios;

    const process = processOf(action);
    const acting = name === undefined ? undefined : this.#maps.get(process, name);
    const title = titleOf({ process, name: name ?? '' });
    const owed = this.references + others.reduce((sum, { order }) => sum + 2 ** order, 0);
    const pages = { bytes: this.#session.mirror.bytes, hello: this.#hello };
    const fresh = readField(this.#session.pristine, this.#hello, 0, 'page.flags');
    const mine = [...old, ...this.#folios].filter(({ mapping }) => name === undefined || mapping === name);
    const kept = pagesOf(this.#folios);
    const freed = new Set([...pagesOf([...old, ...sent])].filter((page) => !kept.has(page)));
    const split = splitHeads(old, this.#folios, look.callbacks);
    const counted = look.callbacks.filter(({ fn }) => fn !== 'migrate_to_ram');
    const large = Math.max(0, ...old.map((folio) => folio.order));
    const readings = this.#splitOp ? settled.callbacks : withoutSplits(settled.callbacks);
    const deviations = [
      ...checkAccess(step, title, expect?.signal, reply.signal),
      ...checkData(step, title, reply.bad ?? [], reply.bad_pages ?? 0),
      ...this.#checkMaps(one, look, acting, old, changed),
      ...this.#checkMoved(one, old),
      ...checkFolios(step, this.#folios, pages, fresh),
      ...[...look.runs].flatMap(([of, runs]) =>
        checkExclusive(step, of, runs, this.#folios, pages, this.#shared),
      ),
      ...(raced
        ? checkUnused(step, pagesOf([...old, ...sent]), this.#folios, pages)
        : checkFreed(step, [...old, ...sent], this.#folios, split, pages)),
      ...checkUntouched(step, before, pagesOf([...mine, ...sent]), pages),
      // What comes and goes in a race is given back more than once, split at some time or not.
      ...(raced
        ? checkGivenBack(step, old, this.#folios, reply.inited ?? 0, look.callbacks)
        : [
            ...checkFreedPages(step, look.callbacks, freed),
            ...checkCallbacks(step, readings, countCallbacks(counted, large)),
          ]),
      ...checkReferences(step, owed, look.refs),
      ...look.rss.flatMap((rss) => checkRss(step, rss)),
      ...this.#checkCounters(step, reply),
      ...(action.op === 'hmm' && acting
        ? [
            ...checkMirror(step, title, action.args, look.runs.get(acting) ?? [], reply.hmm ?? []),
            ...checkWritable(step, title, expect?.writable, reply.hmm ?? []),
          ]
        : []),
      ...checkCharged(step, expect?.charged, reply.usage),
    ];
    this.#spendFailures(action, reply, look.callbacks);
    const events = folioEvents(old, this.#folios, split);
    const maps = [...look.runs].map(([{ name: of, process: by }, runs]): SeenMap => ({
      name: of,
      ...(by !== TEST_PROCESS && { process: by }),
      runs,
    }));
    return { deviations, refs: look.refs ?? owed, callbacks: look.callbacks, events, maps };
  }

  /** What is counted while nothing is mapped. */
  #checkCounters(step: number, { counters }: Reply): Deviation[] {
    if (!counters) return [];
    this.#idle ??= counters;
    if (this.#maps.named(undefined).length > 0) return [];
    return [...checkLargeFolios(step, this.#idle, counters), ...checkVmstat(step, this.#idle, counters)];
  }

  /** Takes a step into the book of mappings; answers the pages that it changed. */
  #book(action: UserAction): ReadonlySet<number> {
    if (action.op === 'mmap') this.#maps.add(action.args.name, action.args.pages);
    else if (action.op === 'fork') this.#bookFork(action.args.child);
    else if (action.op === 'exit') this.#maps.exit(action.args.child);
    else if (action.op === 'mremap')
      this.#maps.move(action.args.name, action.args.to, action.args.dontunmap === true);
    else if (action.op === 'race') this.#bookRace(action.args);
    else if (action.op !== 'evict' && action.op !== 'cgroup') return this.#bookPages(action);
    return new Set();
  }

  #bookFork(child: string): void {
    this.#shared = true;
    this.#maps.fork(child);
  }

  /** Pages that threads unmap are gone after the race. */
  #bookRace({ threads }: Extract<Action, { op: 'race' }>['args']): void {
    for (const one of threads) {
      const mapping = this.#maps.get(TEST_PROCESS, one.name);
      if (!mapping || one.do !== 'munmap') continue;
      for (const page of pagesNamed(one, mapping.pages)) mapping.gone.add(page);
    }
  }

  #bookPages(
    action: Exclude<UserAction, { op: 'mmap' | 'fork' | 'exit' | 'evict' | 'mremap' | 'race' | 'cgroup' }>,
  ): ReadonlySet<number> {
    const process = processOf(action);
    const { name } = action.args;
    const mapping = this.#maps.get(process, name);
    if (!mapping)
      throw new RangeError(`the agent took ${action.op} of mapping ${name}, which no step made there`);
    switch (action.op) {
      case 'fill':
        mapping.seed = action.args.seed;
        return new Set();
      case 'munmap': {
        const gone = pagesNamed(action.args, mapping.pages);
        for (const page of gone) mapping.gone.add(page);
        if (gone.length >= mapping.pages) this.#maps.remove(process, name);
        return new Set(gone);
      }
      case 'dontneed':
        return new Set(pagesNamed(action.args, mapping.pages));
      case 'mprotect': {
        const { prot } = action.args;
        const pages = pagesNamed(action.args, mapping.pages);
        const other = pages.filter((page) => (mapping.prot.get(page) ?? 'rw') !== prot);
        for (const page of other) mapping.prot.set(page, prot);
        return new Set(other);
      }
      default:
        return new Set();
    }
  }

  /** Asks where the pages of a mapping are in each process that has it; of all mappings where none is named. */
  async #look(
    name: string | undefined,
    reply: Reply,
    timeScale: number,
  ): Promise<Look | { readonly sent: Sent }> {
    const runs = new Map<Mapping, readonly MapRun[]>();
    const callbacks = [...(reply.cb ?? [])];
    const rss = [reply.rss];
    let { refs } = reply;
    for (const mapping of this.#maps.named(name)) {
      const where = mapping.process === TEST_PROCESS ? {} : { in: mapping.process };
      const request = { op: 'usermap', name: mapping.name, ...where };
      const sent = await this.#session.send(request, USERMAP_MS * timeScale);
      if (sent.kind !== 'reply' || sent.splats.length > 0 || !sent.reply.ok) return { sent };
      const { pages } = sent.reply;
      runs.set(mapping, Array.isArray(pages) ? (pages as readonly MapRun[]) : []);
      callbacks.push(...(sent.reply.cb ?? []));
      refs = sent.reply.refs ?? refs;
      rss.push(sent.reply.rss);
    }
    return { runs, callbacks, refs, rss };
  }

  /** Takes the device folios of the mappings that were looked at as they are. */
  #adopt(
    name: string | undefined,
    look: Look,
    old: readonly UserFolio[],
    sent: readonly Destination[],
  ): Settled {
    const others = old.filter(({ mapping }) => name !== undefined && mapping !== name);
    const pages = { bytes: this.#session.mirror.bytes, hello: this.#hello };
    const folios = [...others, ...adoptFolios(look.runs, pages)];
    const split = splitHeads(old, folios, look.callbacks);
    return { folios, callbacks: [adoptedCallbacks(old, folios, sent, split)] };
  }

  #settle(
    action: RuledAction,
    reply: Reply,
    look: Look,
    changed: ReadonlySet<number>,
    sent: readonly Destination[],
  ): Settled {
    const folios = this.#folios;
    const process = processOf(action);
    const states = new Map([...look.runs].map(([of, runs]) => [of.process, placesOf(runs)]));
    switch (action.op) {
      case 'mmap':
        return { folios, callbacks: [{}] };
      case 'fork':
        return afterFork(folios, TEST_PROCESS, action.args.child);
      case 'exit':
        return afterExit(folios, action.args.child);
      case 'evict': {
        const moved = (reply.evicted ?? []).filter((one) => one.migrated).map(({ pfn }) => pfn);
        return afterEvict(folios, new Set(moved));
      }
      case 'migrate':
        return afterMigrate(folios, action.args.name, process, sent, states);
      case 'munmap':
      case 'dontneed':
        return afterUnmap(folios, action.args.name, process, changed);
      case 'mprotect':
        return afterProtect(folios, action.args.name, process, changed);
      case 'fill':
      case 'touch':
      case 'verify':
        return afterFault(folios, action.args.name, process, states, this.#failLarge);
    }
  }

  /** Where the pages are, in every process that was looked at. */
  #checkMaps(
    { step, action, expect }: UserStep,
    look: Look,
    acting: Mapping | undefined,
    old: readonly UserFolio[],
    changed: ReadonlySet<number>,
  ): Deviation[] {
    const found: Deviation[] = [];
    let device = 0;
    for (const [mapping, runs] of look.runs) {
      const states = placesOf(runs);
      const mine = mapping === acting;
      const dropped =
        action.op === 'race' ? droppedIn(action.args, mapping) : mine ? changed : new Set<number>();
      const lost = placesLost(mapping, old, dropped, states);
      const expected = mine ? new Map([...lost, ...placesExpected(action, mapping, expect)]) : lost;
      found.push(...checkPlacement(step, mapping, this.#folios, runs));
      found.push(...checkPlaces(step, titleOf(mapping), states, expected));
      if (mine || (acting === undefined && mapping.process === TEST_PROCESS))
        device += states.filter((state) => state === 'device').length;
    }
    if (expect?.device !== undefined)
      found.push(...checkDevicePages(step, acting ? titleOf(acting) : 'all', expect.device, device));
    return found;
  }

  /** Whether a migration or an eviction moved what it had to. */
  #checkMoved(
    { step, action, expect, before, reply, others }: UserStep,
    old: readonly UserFolio[],
  ): Deviation[] {
    if (action.op !== 'evict') {
      const { migrated } = expect ?? {};
      if (migrated === undefined || migrated === reply.migrated) return [];
      const found = String(reply.migrated ?? 'no count');
      return [{ kind: 'counter', step, field: 'pages migrated', expected: String(migrated), found }];
    }
    const { pfn = 0, pages, pfns } = action.args;
    const count = pages ?? this.#hello.chunk.pages - pfn;
    const list = pfns ?? Array.from({ length: count }, (_, index) => pfn + index);
    const call = pfns ? 'migrate_device_pfns' : 'migrate_device_range';
    const folios = [...old.map((one) => ({ ...one, free: true, mapped: true })), ...others];
    const chunk = { bytes: before, hello: this.#hello };
    return [
      ...checkEvicted(step, call, list, folios, reply, chunk, this.#failLarge),
      ...checkEvictExpectation(step, expect, reply),
    ];
  }

  /** Large allocations that a step asked for used up the failures that were ordered. */
  #spendFailures(action: UserAction, reply: Reply, callbacks: readonly Callback[]): void {
    const asked =
      action.op === 'evict'
        ? (reply.evicted ?? []).filter((one) => one.collected && one.compound).length
        : callbacks.filter(({ fn, order }) => fn === 'migrate_to_ram' && order > 0).length;
    this.#failLarge = Math.max(0, this.#failLarge - asked);
  }
}
