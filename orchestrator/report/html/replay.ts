import { samePage, wordsOf } from '../../model/compare.js';
import { Follower } from '../../model/follower.js';
import { PAGE_WORDS } from '../../model/layout.js';
import { Machine } from '../../model/machine.js';
import type { ObservedStep } from '../../model/classify.js';
import { ignoredBits } from '../../model/normalise.js';
import type { Operation } from '../../model/operation.js';
import type { RoleMap } from '../../model/roles.js';
import { VARIANT_E2, VARIANTS } from '../../model/variants.js';
import { putRows } from '../../scenario/page-rows.js';
import type { Reply, Request } from '../../scenario/protocol.js';
import { reuseOps } from '../../scenario/request.js';
import { userOpsOf } from '../../scenario/user-op.js';
import type { TestRecord } from '../../store/records.js';
import type { StepEvent } from '../attempts.js';
import type { ChunkPool } from './chunk-pool.js';
import { requestToOp } from './requests.js';
import type { ReadableGuest } from './guests.js';

/** The chunk after one step, as the guest has it and as a kernel without leftovers would. */
export interface ChunkState {
  readonly step: number;
  readonly guest: Uint8Array;
  readonly model: Uint8Array;
  readonly roles: RoleMap;
  /** Live pages that hold anything else than the model does. */
  readonly wrong: ReadonlySet<number>;
  /** The guest did not answer: its pages are those of the step before. */
  readonly silent: boolean;
}

export interface Replayed {
  readonly states: readonly ChunkState[];
  /** Where the guest's pages come from: its own words, or a variant that foretold every step. */
  readonly source: { readonly kind: 'guest' } | { readonly kind: 'variant'; readonly variant: string };
  /** Why the picture ends before the test does, where it does. */
  readonly ends?: string;
}

/** What no step leaves anything behind in: the measure that the guest is held against. */
const MODEL = VARIANT_E2;

/**
 * Plays the steps of a test again: the guest's pages from the journal, the model beside it. A journal of an older version has no
 * pages: then a variant that foretold every step stands for the guest. Undefined where neither is there.
 * @param chunks where the states are; good until it is used for the next test
 */
export function replay(
  steps: readonly StepEvent[],
  test: Pick<TestRecord, 'model'>,
  guest: ReadableGuest,
  chunks: ChunkPool,
): Replayed | undefined {
  if (steps.length === 0) return undefined;
  const told = guest.told && steps.some(({ pages }) => pages !== undefined);
  const variant = told ? undefined : VARIANTS[test.model?.fits[0] ?? ''];
  if (!told && variant === undefined) return undefined;
  const stand = variant && new Machine(variant, guest.place);
  const model = new Follower(MODEL, guest.place);
  const states: ChunkState[] = [];
  const sizes = new Map<string, number>();
  let bytes = chunks.copy(model.machine.bytes);
  let ends: string | undefined;
  for (const event of steps) {
    const silent = event.pages === undefined && told;
    const parts = stepParts(event, guest, sizes);
    if (stand !== undefined) {
      if (parts === undefined || parts.some(({ op }) => op === undefined)) {
        ends = `step ${event.step} is one on user memory, of which this journal has no pages`;
        break;
      }
      for (const { op } of parts) if (op && !stand.stopped) stand.apply(op, event.step);
      bytes = chunks.copy(stand.bytes);
    } else if (event.pages !== undefined && event.pages.length > 0) {
      bytes = chunks.copy(bytes);
      putRows(bytes, event.pages);
    }
    if (event.pagesLeftOut !== undefined) {
      ends = `step ${event.step} changed ${event.pagesLeftOut} pages more than a journal keeps`;
      break;
    }
    const known = [bytes, ...states.slice(-1).map((state) => state.model)];
    // A state of before, nearly always: comparing costs a tenth of copying.
    const keep = (now: Uint8Array): Uint8Array =>
      known.find((one) => Buffer.compare(one, now) === 0) ?? chunks.copy(now);
    const expected = apply(model, parts ?? [{ step: event.step }], silent ? undefined : bytes, event, keep);
    const roles = model.machine.roles.copy();
    states.push({
      step: event.step,
      guest: bytes,
      model: expected,
      roles,
      wrong: wrongPages(guest, expected, bytes, roles),
      silent,
    });
    if (model.machine.stopped) ends ??= 'the model stops here: no kernel comes back from this step';
    if (model.machine.stopped || stand?.stopped === true) break;
  }
  return {
    states,
    source: variant === undefined ? { kind: 'guest' } : { kind: 'variant', variant: variant.id },
    ...(ends === undefined ? {} : { ends }),
  };
}

type Part = Pick<ObservedStep, 'step' | 'op' | 'user'>;

/** A step as operations of the model, in order; undefined where it has no words for it. */
function stepParts(
  { step, op, reply }: StepEvent,
  { hello }: ReadableGuest,
  sizes: Map<string, number>,
): readonly Part[] | undefined {
  const request = op as Request;
  if (reply['ok'] === false && reply['hang'] !== true && reply['signal'] === undefined) return [];
  if (request.op === 'reuse') {
    const args = request as unknown as Parameters<typeof reuseOps>[0];
    return reuseOps(args).map((one) => ({ step, op: one as Operation }));
  }
  const own = requestToOp(request);
  if (own !== undefined) return [{ step, op: own }];
  if (request.op === 'mmap') sizes.set(String(request['name']), Number(request['pages']));
  const user = userOpsOf(request, reply as unknown as Reply, hello, (name) => sizes.get(name));
  return user === undefined ? undefined : [{ step, user }];
}

/**
 * Does the step in the model; its bytes as it foretold them, before it takes over what it was wrong about.
 * @param keep takes down what the bytes are at a moment
 */
function apply(
  model: Follower,
  parts: readonly Part[],
  bytes: Uint8Array | undefined,
  { reply }: StepEvent,
  keep: (now: Uint8Array) => Uint8Array,
): Uint8Array {
  const refs = typeof reply['refs'] === 'number' ? reply['refs'] : 0;
  const callbacks = (Array.isArray(reply['cb']) ? reply['cb'] : []) as unknown as ObservedStep['callbacks'];
  let foretold: Uint8Array | undefined;
  for (const [i, part] of parts.entries()) {
    if (model.machine.stopped) break;
    const last = i === parts.length - 1;
    const seen = { ...part, refs, callbacks, ...(bytes && last ? { bytes } : {}) };
    const effects = model.apply(seen);
    if (!last || effects === undefined || bytes === undefined) continue;
    foretold = keep(model.machine.bytes);
    // Only what it is wrong about in a step on user memory makes it take over what the guest shows.
    if (part.user !== undefined) model.judge(effects, { ...seen, bytes }, model.machine.roles);
  }
  return foretold ?? keep(model.machine.bytes);
}

/** Live pages in which the guest differs from the model where the contract looks. */
function wrongPages(
  { place }: ReadableGuest,
  model: Uint8Array,
  guest: Uint8Array,
  roles: RoleMap,
): ReadonlySet<number> {
  const wrong = new Set<number>();
  if (model === guest) return wrong;
  const [want, have] = [wordsOf(model), wordsOf(guest)];
  const ignored = ignoredBits(place.layout, 'contract');
  for (let page = 0; page < place.pages; page++) {
    if (!roles.live(page)) continue;
    const [at, role] = [page * PAGE_WORDS, roles.role(page)];
    if (!samePage(ignored[role], want, at, have, at)) wrong.add(page);
  }
  return wrong;
}
