import { adoptedCallbacks, adoptFolios, checkGivenBack, moved } from './adopted.js';
import type { Deviation } from '../store/records.js';
import { readField } from './chunk.js';
import { checkFolios, checkFreed, checkUntouched, checkUnused, pagesOf } from './folio-checks.js';
import { checkMirror, checkWritable } from './mirror-checks.js';
import { checkExclusive } from './exclusive-checks.js';
import { folioEvents, splitHeads } from './folio-events.js';
import { lookAt } from './look.js';
import type { Look } from './look.js';
import { checkMaps } from './map-checks.js';
import { book } from './mapping-book.js';
import { Mappings, processOf, TEST_PROCESS, titleOf } from './mappings.js';
import { checkMoved } from './move-checks.js';
import type { SeenMap } from './oracle.js';
import { ownerOf, pagesByOwner } from './page-maps.js';
import type { Callback, ReadyHello, Reply } from './protocol.js';
import type { Action, Step } from './schema.js';
import type { GuestSession } from './session.js';
import { settle } from './settle.js';
import { SwapState } from './swap-state.js';
import { initialised, isUserAction, rulesFor } from './unruled.js';
import type { UserAction } from './unruled.js';
import {
  checkAccess,
  checkCallbacks,
  checkCharged,
  checkData,
  checkFreedPages,
  checkLargeFolios,
  checkReferences,
  checkRss,
  checkVmstat,
} from './user-checks.js';
import { countCallbacks, withoutSplits } from './user-memory.js';
import type { Destination, Settled, UserFolio } from './user-memory.js';
import type { UserStep, UserVerdict } from './user-step.js';

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
  /** MADV_FREE has been: what comes to the device after it may be memory that its process does without. */
  #advisedFree = false;
  #givenUp = false;
  readonly #swap = new SwapState();
  /** Counters before anything was touched. */
  #idle: Reply['counters'];

  constructor(session: GuestSession, hello: ReadyHello) {
    this.#session = session;
    this.#hello = hello;
    this.#splitOp = hello.folio_split ?? true;
  }

  /** Device folios that processes map: their page maps owe them references. */
  get folios(): readonly UserFolio[] {
    return this.#folios;
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

  /** Steps that end what still is: children, mappings, swap. */
  remaining(): Step[] {
    return [
      ...this.#maps.children().map((child): Step => ({ exit: { child } })),
      ...this.#maps.ofProcess(TEST_PROCESS).map(({ name }): Step => ({ munmap: { name, every: 1 } })),
      ...(this.#swap.on ? [{ swap: { on: false } }] : []),
    ];
  }

  /** Whether nothing is left to be ended after a step, nor a mapping to be looked at. */
  endsWith(action: Action): boolean {
    const maps = this.#maps.named(undefined);
    if (this.#swap.on || this.#maps.children().length > 0) return false;
    if (action.op === 'munmap')
      return maps.length === 1 && action.args.page === undefined && action.args.every === 1;
    return maps.length === 0 && !isUserAction(action);
  }

  knobs({ failLarge, splitOp }: Extract<Action, { op: 'knobs' }>['args']): void {
    this.#failLarge = failLarge;
    this.#splitOp = splitOp ?? this.#splitOp;
  }

  /** Judges a step. `sent` comes back where the look at the mappings itself went wrong. */
  async judge(one: UserStep): Promise<UserVerdict> {
    const { step, action, expect, before, reply, others } = one;
    const changed = book(this.#maps, action);
    this.#shared ||= action.op === 'fork';
    this.#givenUp ||= this.#advisedFree && (action.op === 'migrate' || action.op === 'race');
    this.#advisedFree ||= action.op === 'madvise' && action.args.advice === 'free';
    this.#swap.note(action, reply);
    // A move is about two mappings.
    const name = 'name' in action.args && action.op !== 'mremap' ? action.args.name : undefined;
    const process = processOf(action);
    const look = await lookAt(this.#session, this.#maps.named(name), { reply, process }, one.timeScale);
    if ('sent' in look) return look;
    this.#swap.look(look.runs);
    const old = action.op === 'mremap' ? moved(this.#folios, action.args.name, action.args.to) : this.#folios;
    const sent = initialised(action, reply);
    const raced = action.op === 'race';
    const settled =
      rulesFor(action) && ![...old, ...sent].some((folio) => this.#isCoherent(folio))
        ? settle(action, { folios: this.#folios, reply, look, changed, sent, failLarge: this.#failLarge })
        : this.#adopt(name, look, old, sent);
    this.#folios = settled.folios;

    const acting = name === undefined ? undefined : this.#maps.get(process, name);
    const title = titleOf({ process, name: name ?? '' });
    const owed = pagesByOwner(this.#hello, [...this.#folios, ...others]);
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
      ...checkMaps(one, {
        look,
        acting,
        old,
        folios: this.#folios,
        changed,
        hello: this.#hello,
        restored: this.#swap.restored,
      }),
      ...checkMoved(one, old, this.#hello, this.#failLarge),
      ...checkFolios(step, this.#folios, pages, fresh, this.#givenUp),
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
      ...checkReferences(step, owed, look.refs, look.refsOf),
      ...look.rss.flatMap((rss) => checkRss(step, rss)),
      ...this.#checkCounters(step, reply),
      ...this.#swap.check(step, reply, this.#maps.named(undefined)),
      ...(action.op === 'hmm' && acting
        ? [
            ...checkMirror(
              step,
              title,
              action.args,
              look.runs.get(acting) ?? [],
              reply.hmm ?? [],
              this.#hello,
            ),
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
    const refs = look.refs ?? owed.reduce((sum, pages) => sum + pages, 0);
    return { deviations, refs, callbacks: look.callbacks, events, maps };
  }

  /** Whether a folio is of pages that CPUs reach: the rules of migration are of those that they do not. */
  #isCoherent({ pfn }: Destination): boolean {
    return ownerOf(this.#hello, pfn) === 'coherent';
  }

  /** What is counted while nothing is mapped. */
  #checkCounters(step: number, { counters }: Reply): Deviation[] {
    if (!counters) return [];
    this.#idle ??= counters;
    if (this.#maps.named(undefined).length > 0) return [];
    return [...checkLargeFolios(step, this.#idle, counters), ...checkVmstat(step, this.#idle, counters)];
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

  /** Large allocations that a step asked for used up the failures that were ordered. */
  #spendFailures(action: UserAction, reply: Reply, callbacks: readonly Callback[]): void {
    const asked =
      action.op === 'evict'
        ? (reply.evicted ?? []).filter((one) => one.collected && one.compound).length
        : callbacks.filter(({ fn, order }) => fn === 'migrate_to_ram' && order > 0).length;
    this.#failLarge = Math.max(0, this.#failLarge - asked);
  }
}
