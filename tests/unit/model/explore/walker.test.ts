import * as assert from 'uvu/assert';
import { Machine, VARIANT_A, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { StateParts, Walker, stateWords } from '../../../../orchestrator/model/explore/walker.js';
import type { SearchStep } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';
import * as ops from '../support.js';
import { place } from '../support.js';

const test = suite('model/explore/walker');

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
// All of them are steps that a search may take.
const init = ops.init as (...of: Parameters<typeof ops.init>) => SearchStep;
const free = ops.free as (pfn: number) => SearchStep;
const poke = ops.poke as (...of: Parameters<typeof ops.poke>) => SearchStep;
const LOCKED = { unlock: 'none' } as const;

test('a state has a number for each sixteen pages, and the references', () => {
  assert.equal([4, 16, 17, 32, 1024].map(stateWords), [2, 2, 3, 3, 65]);
  assert.equal(
    [4, 16, 32].map((pages) => new StateParts(pages).perGroup),
    [4, 16, 16],
  );
});

/** Steps that reach over a group, into the last page, and leave references below zero in the second. */
const STEPS: Readonly<Record<number, readonly SearchStep[]>> = {
  4: [init('1@0'), init('0@3'), free(0), init('2@0')],
  16: [init('4@0'), free(0), init('0@1'), init('0@15'), free(1), init('3@0')],
  64: [
    init('5@0'),
    init('0@63'),
    free(0),
    init('4@16'),
    poke(15, 40, 8, 7n),
    init('3@8'),
    free(63),
    init('4@48'),
  ],
};

for (const [count, steps] of Object.entries(STEPS))
  test(`${count} pages: to any state and back, with the bytes and references of a kernel that went there alone`, () => {
    const where = place(Number(count));
    for (const variant of [VARIANT_A, VARIANT_B]) {
      const parts = new StateParts(where.pages);
      const walker = new Walker(variant, where, parts);
      const width = stateWords(where.pages);
      const words = new Uint32Array((steps.length + 1) * width + 1);
      const states: { bytes: Uint8Array; refs: number }[] = [];
      const alone = new Machine(variant, where);
      const note = (): void => void states.push({ bytes: alone.bytes.slice(), refs: alone.refs });
      // The states lie one after the other, from the second word on.
      const at = (state: number): number => 1 + state * width;
      walker.save(words, at(0));
      note();
      for (const [i, op] of steps.entries()) {
        walker.enter(words, at(i));
        assert.equal(walker.step(op), alone.apply(op));
        walker.save(words, at(i + 1));
        note();
        walker.back(words, at(i));
        assert.ok(
          same(walker.machine.bytes, states[i]?.bytes ?? new Uint8Array()),
          `back from step ${i + 1}`,
        );
        assert.is(walker.machine.refs, states[i]?.refs);
        if (alone.stopped) break;
      }
      for (let from = 0; from < states.length; from += 1)
        for (let to = 0; to < states.length; to += 1) {
          walker.enter(words, at(from));
          walker.enter(words, at(to));
          assert.ok(same(walker.machine.bytes, states[to]?.bytes ?? new Uint8Array()), `${from} to ${to}`);
          assert.is(walker.machine.refs, states[to]?.refs);
          assert.equal(
            [walker.machine.memory.touchedFrom, walker.machine.memory.touchedTo],
            [where.pages, 0],
          );
        }
    }
  });

test('equal states are equal words, whichever walker of a search was there; other ones are not', () => {
  const where = place(32);
  const parts = new StateParts(32);
  const [one, other] = [new Walker(VARIANT_B, where, parts), new Walker(VARIANT_A, where, parts)];
  const after = (walker: Walker, steps: readonly SearchStep[]): string => {
    let here = new Uint32Array(stateWords(32));
    const fresh = new Walker(walker.machine.variant, where, parts);
    fresh.save(here, 0);
    for (const op of steps) {
      fresh.enter(here, 0);
      fresh.step(op);
      const next = new Uint32Array(here.length);
      fresh.save(next, 0);
      here = next;
      fresh.back(here, 0);
    }
    return here.join();
  };
  assert.is(after(one, [init('0@1'), init('0@20')]), after(other, [init('0@20'), init('0@1')]));
  assert.is(after(one, [init('3@8')]), after(other, [init('3@8')]));
  assert.is.not(after(one, [init('0@1')]), after(one, [init('0@2')]));
  assert.is.not(after(one, [init('0@1')]), after(one, [init('0@1'), free(1)]));
  const two = [init('2@16'), free(16), init('0@17')];
  assert.is.not(after(one, two), after(other, two));
});

test('references may fall below zero, and a stop is taken back', () => {
  const where = place(16);
  const parts = new StateParts(16);
  const walker = new Walker(VARIANT_A, where, parts);
  const words = new Uint32Array(2);
  walker.save(words, 0);
  const touched = (): readonly number[] => [
    walker.machine.memory.touchedFrom,
    walker.machine.memory.touchedTo,
  ];
  walker.step(init('0@5'));
  walker.enter(words, 0);
  assert.equal(touched(), [16, 0], 'a new state is untouched');
  walker.step(init('0@5'));
  assert.equal(touched(), [5, 6]);
  walker.back(words, 0);
  assert.equal(touched(), [16, 0], 'and so is the one it goes back to');
  const below: SearchStep[] = [init('2@0'), free(0), init('0@0'), free(0)];
  for (const op of below) {
    walker.enter(words, 0);
    walker.step(op);
    walker.save(words, 0);
    walker.back(words, 0);
  }
  walker.enter(words, 0);
  assert.is(walker.machine.refs, -3);
  for (const op of [init('3@8'), free(8), init('0@8', LOCKED)]) {
    walker.step(op);
    walker.save(words, 0);
    walker.enter(words, 0);
  }
  assert.ok(walker.step(init('0@9')).hang);
  assert.ok(walker.machine.stopped);
  walker.back(words, 0);
  assert.not.ok(walker.machine.stopped);
  assert.not.ok(walker.step(init('0@4')).hang);
});

test.run();
