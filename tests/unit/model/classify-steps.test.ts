import * as assert from 'uvu/assert';
import {
  Machine,
  VARIANTS,
  VARIANT_A,
  VARIANT_B,
  VARIANT_E1,
  VARIANT_NOMEMCG,
  VARIANT_R,
  VARIANT_W,
  classifyByStep,
  layout73,
} from '../../../orchestrator/model/index.js';
import type {
  Classification,
  ObservedStep,
  Operation,
  Place,
  UserOperation,
  Variant,
} from '../../../orchestrator/model/index.js';
import { adopt, applyAll } from '../../../orchestrator/model/classify.js';
import { suite } from '../../harness/suite.js';
import { fill, map, migrate, munmap } from './mapping/user.js';
import { free, init, place, poke } from './support.js';

/** Every step by every variant, each from what the guest held before it. */
const test = suite('model/classify-steps');

const P = place(32);

/** What a guest of a variant shows; `spoil` may change it. */
function shown(
  variant: Variant,
  ops: readonly Operation[],
  spoil: (step: ObservedStep) => ObservedStep = (step) => step,
  where: Place = P,
): ObservedStep[] {
  const guest = new Machine(variant, where);
  const trace: ObservedStep[] = [];
  for (const [i, op] of ops.entries()) {
    const { refs, callbacks, crash, hang } = guest.apply(op, i + 1);
    const step = { step: i + 1, op, refs, callbacks };
    trace.push(spoil((crash ?? hang) ? step : { ...step, bytes: guest.bytes.slice() }));
    if (guest.stopped) break;
  }
  return trace;
}

const told = ({ ranked }: Classification): string[] =>
  ranked.map(({ variant, steps, wrongPages }) => `${variant} ${steps} ${wrongPages}`);

const S2 = [init('3@8'), free(8), init('0@9'), free(9)];

test('the variant that is right about most steps comes first, then the one with fewer wrong pages, then the likelier', () => {
  const found = classifyByStep(P, shown(VARIANT_B, S2), [VARIANT_NOMEMCG, VARIANT_A, VARIANT_E1, VARIANT_B]);
  // nomemcg and a are wrong about page 9; what follows goes from what the guest held.
  assert.equal(told(found), ['e1 4 0', 'b 4 0', 'nomemcg 3 1', 'a 3 1']);
  assert.equal([found.steps, found.fits, found.unfit], [4, ['e1', 'b'], []]);
  const all = classifyByStep(P, shown(VARIANT_B, [init('3@8'), free(8), init('4@0')]), [
    VARIANT_A,
    VARIANT_NOMEMCG,
  ]);
  assert.equal(told(all), ['nomemcg 2 1', 'a 2 2'], 'PG_head of page 8 as well');
});

test('a page that every variant gets wrong, with the fields that the best one does', () => {
  const trace = shown(VARIANT_NOMEMCG, S2.slice(0, 3), (step) => {
    if (step.step === 3 && step.bytes) step.bytes[20 * 64 + 40] = 7;
    return step;
  });
  const found = classifyByStep(P, trace, [VARIANT_A, VARIANT_B]);
  assert.equal(told(found), ['a 2 2', 'b 2 2']);
  const fields = found.unfit.map((one) => `${one.step} ${one.page} ${one.fields.join()}`);
  assert.equal(fields[1], '3 20 private');
  assert.match(fields[0] ?? '', /^3 9 .*pgmap/, 'as variant a reads page 9');
  const b = classifyByStep(P, trace, [VARIANT_B, VARIANT_NOMEMCG]);
  assert.equal(told(b), ['nomemcg 2 1', 'b 2 2']);
  assert.equal(b.unfit, [{ step: 3, page: 20, fields: ['private'] }], 'page 9 is right in one of them');
});

test('at most sixteen pages are named, the first ones', () => {
  const trace = shown(VARIANT_B, [init('0@0')], (step) => {
    for (let page = 4; page < 24; page += 1) if (step.bytes) step.bytes[page * 64 + 40] = 7;
    return step;
  });
  const { unfit, ranked } = classifyByStep(P, trace, [VARIANT_B]);
  assert.equal(
    unfit.map(({ page }) => page),
    Array.from({ length: 16 }, (_, i) => i + 4),
  );
  assert.is(ranked[0]?.wrongPages, 20);
});

test('references and callbacks are part of a step', () => {
  const right = { fn: 'folio_free', pfn: 8, order: 3 } as const;
  const with_ = (more: Partial<ObservedStep>): string[] =>
    told(
      classifyByStep(
        P,
        shown(VARIANT_B, [init('3@8'), free(8)], (step) => (step.step === 2 ? { ...step, ...more } : step)),
        [VARIANT_B],
      ),
    );
  assert.equal(with_({}), ['b 2 0']);
  for (const more of [
    { refs: 1 },
    { callbacks: [] },
    { callbacks: [right, right] },
    { callbacks: [{ ...right, pfn: 9 }] },
    { callbacks: [{ ...right, order: 2 }] },
    { callbacks: [{ ...right, tail: 9 }] },
    { callbacks: [{ ...right, fn: 'folio_split' as const }] },
  ])
    assert.equal(with_(more), ['b 1 0'], JSON.stringify(more));
});

test('a step that does not come back is explained by who ends there, or warns', () => {
  const hang = [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9')];
  const trace = shown(VARIANT_A, hang);
  assert.is(trace.at(-1)?.bytes, undefined);
  assert.equal(told(classifyByStep(P, trace, [VARIANT_B, VARIANT_A])), ['a 4 0', 'b 2 1']);
  const lost = shown(VARIANT_B, [init('3@8')], ({ bytes: _bytes, ...step }) => step);
  assert.equal(
    told(classifyByStep(P, lost, [VARIANT_B, VARIANT_R])),
    ['r 1 0', 'b 0 0'],
    'r warns of every page',
  );
});

test('one that ends where the guest goes on is wrong about that step', () => {
  const hang = [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9')];
  const trace = shown(VARIANT_B, hang);
  const [, a] = told(classifyByStep(P, trace, [VARIANT_B, VARIANT_A]));
  assert.match(a ?? '', /^a 2 /);
  const s5 = shown(VARIANT_B, [init('4@0'), free(0), init('2@4')]);
  assert.match(told(classifyByStep(P, s5, [VARIANT_A]))[0] ?? '', /^a 2 /, 'a BUG as well as a hang');
});

test('past what the model has a variant says nothing of the bytes', () => {
  const quiet = place(32, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
  const trace = shown(
    VARIANT_W,
    [init('0@8'), free(8)],
    (step) => {
      if (step.step === 2) step.bytes?.fill(0x5a, 8 * 64, 9 * 64);
      return step;
    },
    quiet,
  );
  assert.equal(told(classifyByStep(quiet, trace, [VARIANT_W])), ['w 2 0']);
});

test('code outside the model is not judged; what it left is taken over, folios too', () => {
  const guest = new Machine(VARIANT_B, P);
  guest.apply(init('1@4'));
  guest.apply(poke(5, 40, 8, 7n));
  const outside: ObservedStep = {
    step: 1,
    refs: 2,
    callbacks: [],
    bytes: guest.bytes.slice(),
    folios: [{ pfn: 4, order: 1, live: true }],
  };
  const freed = guest.apply(free(4), 2);
  const step = {
    step: 2,
    op: free(4),
    refs: freed.refs,
    callbacks: freed.callbacks,
    bytes: guest.bytes.slice(),
  };
  const found = classifyByStep(P, [outside, step], [VARIANT_B]);
  assert.equal([found.steps, told(found)], [1, ['b 1 0']]);
  const gone: ObservedStep = { ...outside, folios: [{ pfn: 4, order: 1, live: false }] };
  const pages = classifyByStep(
    P,
    [outside, { ...gone, step: 2 }, { ...step, op: init('1@6'), refs: 4, callbacks: [], step: 3 }],
    [VARIANT_B],
  );
  assert.is(pages.steps, 1);
  assert.equal(
    pages.unfit.map(({ page }) => page),
    [4, 6, 7],
  );
});

test('user memory is not judged any more once code outside the model may have changed it', () => {
  const guest = new Machine(VARIANT_B, P);
  const step = (number: number, ...user: UserOperation[]): ObservedStep => {
    const { refs, callbacks } = applyAll(guest, user, number);
    return { step: number, user, refs, callbacks, bytes: guest.bytes.slice() };
  };
  const mapped = [step(1, map(4), fill(0, 4)), step(2, migrate([0, 1], [1, 2]))];
  const outside: ObservedStep = { step: 3, refs: guest.refs, callbacks: [], bytes: guest.bytes.slice() };
  const unmapped = step(4, munmap());
  assert.equal(told(classifyByStep(P, [...mapped, unmapped], [VARIANT_B])), ['b 3 0']);
  const found = classifyByStep(P, [...mapped, outside, unmapped], [VARIANT_B]);
  assert.equal([found.steps, told(found), found.fits], [3, ['b 2 0'], []]);
});

test('a page that one variant has right is not named, though the best has it wrong at that step', () => {
  const again = [init('3@8'), free(8), init('0@9')];
  const trace = shown(VARIANT_B, [...again, free(9), ...again], (step) => {
    // The last step as a kernel leaves it that does not clear _nr_pages.
    if (step.step === 7 && step.bytes) step.bytes[9 * 64 + 56] = 8;
    return step;
  });
  const found = classifyByStep(P, trace, [VARIANT_B, VARIANT_NOMEMCG]);
  assert.equal([told(found), found.unfit], [['b 6 1', 'nomemcg 6 1'], []]);
});

test('folios of code outside the model live and die with it', () => {
  const machine = new Machine(VARIANT_B, P);
  const seen = (live: boolean): ObservedStep => ({
    step: 1,
    refs: 2,
    callbacks: [],
    folios: [{ pfn: 4, order: 1, live }],
  });
  adopt(machine, seen(true));
  assert.equal([machine.roles.describe(4), machine.roles.describe(5), machine.refs], ['head', 'tail1', 0]);
  adopt(machine, { ...seen(false), bytes: machine.bytes.slice() });
  assert.equal(
    [machine.roles.describe(4), machine.roles.describe(5), machine.refs],
    ['free head', 'free tail1', 2],
  );
  adopt(machine, { step: 2, refs: 0, callbacks: [] });
  assert.is(machine.refs, 2, 'nothing is known of a step without bytes');
});

test('several operations of one step: effects of all of them, up to the one that ends it', () => {
  const machine = new Machine(VARIANT_B, P);
  for (const op of [init('1@8'), init('1@10'), poke(9, 40, 8, 5n), poke(11, 40, 8, 5n)]) machine.apply(op);
  const split = (pfn: number): UserOperation => ({ op: 'split', pfn });
  const { warnings, callbacks, refs } = applyAll(machine, [split(8), split(10)], 5);
  assert.equal(
    warnings.map(({ line }) => line),
    ['mm/huge_memory.c:3760', 'mm/huge_memory.c:3760'],
  );
  assert.equal(
    callbacks.map(({ pfn }) => pfn),
    [8, 8, 10, 10],
  );
  assert.is(refs, 4);
  const mapped = new Machine(VARIANT_B, P);
  for (const op of [init('1@8'), init('1@10'), poke(9, 48, 4, 0n)]) mapped.apply(op);
  const ended = applyAll(mapped, [split(8), split(10)], 4);
  assert.is(ended.crash?.line, 'mm/huge_memory.c:3716');
  assert.equal(mapped.roles.describe(10), 'head', 'the second is not tried');
  assert.equal(applyAll(machine, [], 6), { callbacks: [], refs: 4, warnings: [] });
});

test('what a step on user memory did to folios is taken over from a guest that a variant is wrong about', () => {
  const guest = new Machine(VARIANT_B, P);
  const { refs, callbacks } = guest.apply(init('1@4'), 1);
  const step = { user: [map(4)], refs, callbacks, folios: [{ pfn: 4, order: 1, live: true }] };
  const wrong = { ...step, step: 1, bytes: guest.bytes.slice() };
  const freed = guest.apply(free(4), 2);
  const bytes = guest.bytes.slice();
  bytes[5 * 64 + 56] = 7;
  const found = classifyByStep(P, [wrong, { ...freed, step: 2, op: free(4), bytes }], [VARIANT_B]);
  const names = found.unfit.map(({ step: at, page, fields }) => `${at} ${page} ${fields.join()}`);
  assert.is(names.at(-1), '2 5 _nr_pages', 'the second page of a folio of two');
});

test('a trace of nothing or of one step, and no variant', () => {
  assert.equal(classifyByStep(P, shown(VARIANT_B, [init('0@0')]), [VARIANT_B]).fits, ['b']);
  assert.equal(classifyByStep(P, [], [VARIANT_B]), {
    steps: 0,
    fits: [],
    ranked: [{ variant: 'b', steps: 0, wrongPages: 0 }],
    unfit: [],
  });
  assert.equal(classifyByStep(P, shown(VARIANT_B, [init('0@0')]), []), {
    steps: 1,
    fits: [],
    ranked: [],
    unfit: [],
  });
  assert.is(Object.keys(VARIANTS).length, 11);
});

test.run();
