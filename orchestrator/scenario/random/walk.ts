import { applyAll } from '../../model/classify.js';
import { Machine } from '../../model/machine.js';
import type { MachineOperation } from '../../model/machine.js';
import type { UserEffects } from '../../model/mapping/operation.js';
import { VARIANT_B } from '../../model/variants.js';
import { modelledGuest } from '../play.js';
import { modelOpOf, requestOf } from '../request.js';
import { actionOf, DEFAULT_SEED } from '../schema.js';
import type { Action, Step } from '../schema.js';
import { userOpsOf } from '../user-op.js';
import { Book } from './book.js';
import { expectationOf, hasReasonAfter, hasReasonBefore } from './reasons.js';

/**
 * A sequence that grows step by step beside the model of 7.3 with all its checks: only what the guest module takes, what a
 * kernel without fault survives in silence, and what the rules for user memory have words for is taken. A step that is not
 * changes nothing. What a step must come to beyond the rules is written into it as the model has it.
 */
export class Walk {
  readonly #guest = modelledGuest();
  readonly #book = new Book();
  readonly #steps: Step[] = [];
  readonly #done: (readonly MachineOperation[])[] = [];
  #machine = this.#fresh();

  /** The steps taken so far, ready for a scenario file. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  get book(): Book {
    return this.#book;
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** Takes a step, if it can be taken here. What its `expect` says is not looked at: the model says it anew. */
  take({ expect: _expect, ...bare }: Step): boolean {
    const action = actionOf(bare);
    if (!hasReasonBefore(action, this.#machine, this.#book)) return false;
    const before = this.#book.copy();
    const played = this.#play(action);
    if (!played || !hasReasonAfter(action, this.#machine, played.effects)) {
      this.#book.restore(before);
      this.#machine = this.#fresh();
      return false;
    }
    const expect = expectationOf(action, played.effects);
    this.#done.push(played.ops);
    this.#steps.push(expect === undefined ? bare : { ...bare, expect });
    return true;
  }

  /** The step on the model; undefined where it is none that a kernel could carry out and go on from in silence. */
  #play(
    action: Action,
  ): { readonly ops: readonly MachineOperation[]; readonly effects: UserEffects } | undefined {
    try {
      const ops = this.#opsOf(action);
      if (ops === undefined) return undefined;
      this.#book.enter(action);
      const effects = applyAll(this.#machine, ops, this.#done.length + 1);
      if (effects.crash ?? effects.hang ?? effects.foreign) return undefined;
      return effects.warnings.length > 0 ? undefined : { ops, effects };
    } catch (error) {
      // Pages outside the chunk, a mapping or process that is not there.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #opsOf(action: Action): readonly MachineOperation[] | undefined {
    const { hello } = this.#guest;
    const op = modelOpOf(action, hello, this.#machine.bytes);
    if (op !== undefined) return 'error' in op ? undefined : [op];
    return userOpsOf(
      requestOf(action, undefined, DEFAULT_SEED),
      { ok: true },
      hello,
      (name, process) => this.#machine.user.pages(name, process).length,
    );
  }

  /** The machine after the steps taken so far. */
  #fresh(): Machine {
    const machine = new Machine(VARIANT_B, this.#guest.place);
    for (const [index, ops] of this.#done.entries()) applyAll(machine, ops, index + 1);
    return machine;
  }
}

/** What of these steps can be done, in turn: where one is taken out, those that needed it go with it. */
export function possibleSteps(steps: readonly Step[]): readonly Step[] {
  const walk = new Walk();
  for (const step of steps) walk.take(step);
  return walk.steps;
}
