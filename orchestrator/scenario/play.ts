import { layout73, layout73Json } from '../model/layout73.js';
import type { Layout } from '../model/layout.js';
import type { Place } from '../model/kernel.js';
import { Player } from '../model/play.js';
import type { PlayedOperation } from '../model/play.js';
import type { UserOperation } from '../model/mapping/operation.js';
import type { Splat } from '../model/traps.js';
import type { Variant } from '../model/variant.js';
import type { ReadyHello } from './protocol.js';
import { modelOpOf, requestOf, reuseOps } from './request.js';
import { actionOf, DEFAULT_SEED } from './schema.js';
import type { Action, Case } from './schema.js';
import { userOpsOf } from './user-op.js';
import { inFlowStyle } from './words.js';

/** A step of a case as the model alone knows it. */
export interface PlayedStep {
  readonly step: number;
  /** As the scenario file has it: `init { pfn: 0, order: 9 }`. */
  readonly words: string;
  readonly note?: string;
  /**
   * `refused`: the guest module refuses the request and nothing changes. `not covered`: the model does not know what the
   * step does.
   */
  readonly state: 'played' | 'refused' | 'not covered';
  /** Absent but for `played`. */
  readonly result?: PlayedOperation;
}

/**
 * How a case ends in the model, with the line of the kernel and the option it needs; `foreign`: the pages go to code that the
 * model does not have.
 */
export type PlayedEnd =
  | { readonly kind: 'done' }
  | ({ readonly kind: 'crash' | 'hang' | 'foreign'; readonly step: number } & Splat)
  | { readonly kind: 'not covered'; readonly step: number; readonly why: string };

export interface PlayedCase {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly PlayedStep[];
  readonly end: PlayedEnd;
}

/** The kernel that the model stands for. */
export interface PlayedKernel {
  readonly variant: Variant;
  readonly tails: Layout['tailEncoding'];
  /** Options that differ from 7.3's table. */
  readonly config: Readonly<Record<string, boolean>>;
}

/** Struct pages of the chunk, as many as the guest module has. */
export const CHUNK_PAGES = 2048;
/** Addresses that a guest could have; the model's words name them and do not show them. */
const VMEMMAP = 0xffffea0004000000n;
const PGMAP = 0xffff888003456780n;

/** Options of the kernel that the model's table of 7.3 knows. */
export function knownOptions(): string[] {
  return [...Object.keys(layout73Json()['config'] ?? {}), 'MEMORY_FAILURE', 'SLAB_OBJ_EXT'].sort();
}

/**
 * Plays one case in the model alone, no guest: what each step changes, calls and warns of, what the contract says of it, and
 * how it ends. Stops where the modelled kernel stops and at the first step that the model does not cover.
 * @throws LayoutError where the model has no layout for these options
 * @throws CaseError for a step that cannot be done on this layout
 */
export function playCase(test: Case, kernel: PlayedKernel): PlayedCase {
  const { place, hello } = modelledGuest(kernel);
  const player = new Player(kernel.variant, place);
  const steps: PlayedStep[] = [];
  const end = playSteps(test, player, hello, steps);
  return { id: test.id, title: test.title, steps, end };
}

/**
 * The struct pages of a guest that only the model plays, and what its agent would say of itself. Default: 7.3 as its table has it.
 * @throws LayoutError where the model has no layout for these options
 */
export function modelledGuest({ tails = 'mask', config = {} }: Partial<PlayedKernel> = {}): {
  readonly place: Place;
  readonly hello: ReadyHello;
} {
  const place: Place = {
    layout: layout73(tails, config),
    pages: CHUNK_PAGES,
    memmap: VMEMMAP,
    pgmap: PGMAP,
  };
  return { place, hello: helloOf(place) };
}

/** A step that the model cannot do; the user's file or options are at fault. */
export class CaseError extends Error {
  readonly test: string;
  readonly step: number;

  constructor(test: string, step: number, why: string) {
    super(`${test}: step ${step}: ${why}`);
    this.name = 'CaseError';
    this.test = test;
    this.step = step;
  }
}

function playSteps(test: Case, player: Player, hello: ReadyHello, steps: PlayedStep[]): PlayedEnd {
  const sizes = new Map<string, number>();
  for (const [index, step] of test.steps.entries()) {
    const action = actionOf(step);
    const number = index + 1;
    const said = {
      step: number,
      words: `${action.op} ${inFlowStyle(action.args)}`,
      ...(step.note === undefined ? {} : { note: step.note }),
    };
    if (step.expect?.refused !== undefined) {
      steps.push({ ...said, state: 'refused' });
      continue;
    }
    if (action.op === 'reuse') {
      const [free, init] = reuseOps(action.args);
      const parts = [
        { ...said, words: `${said.words}: the free` },
        { step: number, words: `${said.words}: the new folio` },
      ];
      for (const [part, op] of [free, init].entries()) {
        const result = applied(player, op, test.id, number);
        steps.push({ ...(parts[part] ?? said), state: 'played', result });
        const end = endOf(number, result);
        if (end) return end;
      }
      continue;
    }
    if (action.op === 'mmap') sizes.set(action.args.name, action.args.pages);
    const op = modelOpOf(action, hello, player.bytes) ?? userOps(action, hello, sizes);
    if (op === undefined) {
      steps.push({ ...said, state: 'not covered' });
      return { kind: 'not covered', step: number, why: uncovered(action) };
    }
    if ('error' in op) throw new CaseError(test.id, number, op.error);
    const result = applied(player, op, test.id, number);
    steps.push({ ...said, state: 'played', result });
    const end = endOf(number, result);
    if (end) return end;
  }
  return { kind: 'done' };
}

/** How the modelled kernel stops in a step; undefined where it does not. */
function endOf(step: number, { crash, hang, foreign }: PlayedOperation): PlayedEnd | undefined {
  if (crash) return { kind: 'crash', step, ...crash };
  if (hang) return { kind: 'hang', step, ...hang };
  return foreign && { kind: 'foreign', step, ...foreign };
}

/** A step on user memory as operations of the model, by way of the request that a guest would get. */
function userOps(
  action: Action,
  hello: ReadyHello,
  sizes: ReadonlyMap<string, number>,
): readonly UserOperation[] | undefined {
  return userOpsOf(requestOf(action, undefined, DEFAULT_SEED), { ok: true }, hello, (name) =>
    sizes.get(name),
  );
}

function applied(
  player: Player,
  op: Parameters<Player['apply']>[0],
  id: string,
  step: number,
): PlayedOperation {
  try {
    return player.apply(op, step);
  } catch (error) {
    if (error instanceof RangeError) throw new CaseError(id, step, error.message);
    throw error;
  }
}

function uncovered(action: Action): string {
  return `the model does not cover ${action.op}; what follows depends on it`;
}

/** The parts of the agent's hello message that turn a step into an operation. */
function helloOf(place: Place): ReadyHello {
  const json = layout73Json();
  return {
    feature: true,
    kernel: 'the model of 7.3.4',
    chunk: {
      pages: place.pages,
      pfn: '0x0',
      vmemmap: `0x${place.memmap.toString(16)}`,
      pgmap: `0x${place.pgmap.toString(16)}`,
    },
    layout: {
      sizeof: json['sizeof'] as ReadyHello['layout']['sizeof'],
      fields: place.layout.fields,
      flags: place.layout.flags,
      consts: json['consts'] as ReadyHello['layout']['consts'],
      config: Object.fromEntries(
        Object.entries(place.layout.config).map(([name, set]) => [name, set ? 1 : 0]),
      ),
    },
  };
}
