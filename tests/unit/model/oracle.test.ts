import * as assert from 'uvu/assert';
import {
  Machine,
  Oracle,
  VARIANT_A,
  VARIANT_B,
  VARIANT_D2,
  VARIANT_E1,
  VARIANT_NOMEMCG,
} from '../../../orchestrator/model/index.js';
import type {
  Deviation,
  FolioEvent,
  Observation,
  Operation,
  UserOperation,
  Variant,
} from '../../../orchestrator/model/index.js';
import { applyAll } from '../../../orchestrator/model/classify.js';
import { suite } from '../../harness/suite.js';
import { fill, map, migrate } from './mapping/user.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/oracle');

const P = place(64);
const RESET: Operation = { op: 'reset' };

/** A guest of one variant, and an oracle beside it. */
class Pair {
  readonly guest: Machine;
  readonly oracle: Oracle;
  #step = 0;

  constructor(kernel: Variant, variants: readonly Variant[], ruledOut: readonly string[] = []) {
    this.guest = new Machine(kernel, P);
    this.oracle = new Oracle(P, this.guest.bytes, variants, new Set(ruledOut));
  }

  #seen({ refs, callbacks }: Pick<Observation, 'refs' | 'callbacks'>): Observation {
    return { bytes: this.guest.bytes, refs, callbacks };
  }

  /** Variants that the last step was compared with. */
  compared: readonly string[] = [];
  /** What happens to the guest's bytes in a step besides. */
  besides: (bytes: Uint8Array) => void = () => {};

  /** Each operation is a step; what the last one breaches. */
  steps(...ops: readonly Operation[]): readonly Deviation[] {
    let last: readonly Deviation[] = [];
    for (const op of ops) {
      const effects = this.guest.apply(op, ++this.#step);
      this.besides(this.guest.bytes);
      const seen = this.#seen(effects);
      const { deviations, fits } = this.oracle.observe(op, this.#step, seen);
      this.compared = fits.map(({ variant }) => variant);
      last = deviations;
    }
    return last;
  }

  user(ops: readonly UserOperation[], folios: readonly FolioEvent[] = []): readonly string[] {
    const seen = this.#seen(applyAll(this.guest, ops, ++this.#step));
    return this.oracle.observeUser(ops, this.#step, seen, folios).map(({ variant }) => variant);
  }

  /** Code outside the model acts; it leaves `value` in `private` of a page. */
  outside(page: number, value: number, folios: readonly FolioEvent[] = []): void {
    this.guest.bytes[page * 64 + 40] = value;
    const seen = this.#seen({ refs: this.guest.refs, callbacks: [] });
    this.oracle.resync(++this.#step, seen, folios);
  }

  /** A step after which a page is as no variant has it: from here on the first alone is followed. */
  spoil(page: number): void {
    this.guest.bytes[page * 64 + 40] = 0x77;
    this.steps(init('0@60'), free(60));
  }
}

/** Field and writer of the deviations of one page. */
const writers = (deviations: readonly Deviation[], page: number): string[] =>
  deviations
    .filter((one) => one.page === page)
    .map(({ field, writer }) => `${field} ${writer ? `${writer.fn} ${writer.step}` : 'nobody'}`);

test('roles are those after the last step, folios of user memory and of code outside the model too', () => {
  const pair = new Pair(VARIANT_B, [VARIANT_B]);
  const roles = (...pages: number[]): string[] => pages.map((page) => pair.oracle.roles.describe(page));
  assert.equal(roles(8, 9), ['fresh', 'fresh']);
  assert.equal(pair.steps(init('1@8')), [], 'no reference was held before it');
  assert.equal(roles(8, 9), ['head', 'tail1']);
  pair.steps(init('1@2'), free(8), poke(8, 40, 8, 0n), init('0@0', { unlock: 'none' }), {
    op: 'unlock',
    pfn: 0,
  });
  assert.equal(roles(0, 2, 3, 8, 9), ['order0', 'head', 'tail1', 'free head', 'free tail1']);
  pair.user([map(4)], [{ pfn: 16, order: 2, live: true }]);
  assert.equal(roles(16, 18), ['head', 'tail2']);
  pair.user([fill(0, 4)], [{ pfn: 16, order: 2, live: false }]);
  assert.equal(roles(16, 18), ['free head', 'free tail2']);
  pair.outside(1, 0, [
    { pfn: 16, order: 0, live: true },
    { pfn: 20, order: 0, live: true },
    { pfn: 20, order: 0, live: false },
  ]);
  assert.equal(roles(16, 18, 20), ['order0', 'dead tail2', 'free order0']);
  pair.steps(RESET);
  assert.equal(roles(8, 16, 20), ['fresh', 'fresh', 'fresh']);
});

test('the first variant is followed to the end or until it stops, the others until they are wrong', () => {
  const ops = [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9'), init('0@20')];
  const told = (variants: readonly Variant[], ruledOut: readonly string[] = []): string[] => {
    const pair = new Pair(VARIANT_B, variants, ruledOut);
    return ops.map((op) => {
      pair.steps(op);
      return pair.compared.join();
    });
  };
  // a is wrong about step 3 and hangs at step 4; nomemcg is wrong about step 4.
  assert.equal(told([VARIANT_B, VARIANT_A, VARIANT_NOMEMCG]), [
    'b,a,nomemcg',
    'b,a,nomemcg',
    'b,a,nomemcg',
    'b,nomemcg',
    'b',
  ]);
  assert.equal(told([VARIANT_NOMEMCG, VARIANT_A]), [
    'nomemcg,a',
    'nomemcg,a',
    'nomemcg,a',
    'nomemcg',
    'nomemcg',
  ]);
  assert.equal(told([VARIANT_A, VARIANT_B]), ['a,b', 'a,b', 'a,b', 'a,b', 'b']);
  assert.equal(told([VARIANT_A, VARIANT_B], ['a', 'b']), ['a', 'a', 'a', 'a', '']);
});

test('user memory as a variant has it, as long as it is right about it', () => {
  const pair = new Pair(VARIANT_B, [VARIANT_B, VARIANT_A]);
  pair.user([map(4), fill(0, 2)]);
  for (const id of ['b', 'a']) {
    const user = pair.oracle.userOf(id);
    assert.equal(user?.mappings(), ['m'], id);
    assert.equal(
      user?.pages('m').map(({ kind }) => kind),
      ['ram', 'ram', 'none', 'none'],
    );
  }
  assert.is.not(pair.oracle.userOf('a'), pair.oracle.userOf('b'));
  assert.is(pair.oracle.userOf('nomemcg'), undefined, 'not one of the candidates');
  pair.outside(1, 7);
  assert.is(pair.oracle.userOf('b'), undefined);
});

test('code outside the model is believed: bytes, references, folios; user memory is not followed behind it', () => {
  const pair = new Pair(VARIANT_B, [VARIANT_B, VARIANT_A]);
  assert.equal(pair.user([map(4), fill(0, 4)]), ['b', 'a']);
  pair.outside(5, 7);
  assert.equal(pair.user([migrate([0, 1])], [{ pfn: 1, order: 0, live: true }]), []);
  assert.equal(pair.steps(init('1@8')), []);
  assert.equal(pair.oracle.fitting, ['b', 'a']);
  assert.is(pair.oracle.classify().steps, 3);
});

test('where no variant is right the two likeliest say who wrote what, each step anew', () => {
  const stale = [init('3@8'), free(8), init('0@9')];
  const again = [init('3@16'), free(16), init('0@17')];
  const known = '_refcount';
  for (const [variants, told] of [
    [[VARIANT_B, VARIANT_A], true],
    [[VARIANT_B, VARIANT_E1, VARIANT_A], false],
  ] as const) {
    const pair = new Pair(VARIANT_A, variants);
    pair.spoil(40);
    assert.equal(pair.oracle.fitting, []);
    for (const [ops, page, step] of [
      [stale, 9, 3],
      [again, 17, 6],
    ] as const) {
      const found = writers(pair.steps(...ops), page);
      assert.ok(found.length > 1 && found.every((one) => !one.startsWith(known)), found.join());
      const wanted = told ? `pgmap prep_compound_tail ${step}` : 'pgmap nobody';
      assert.ok(found.includes(wanted), `${wanted}: ${found.join()}`);
    }
  }
});

test('the likeliest says who wrote what before the step at which it hangs', () => {
  const pair = new Pair(VARIANT_B, [VARIANT_A, VARIANT_B, VARIANT_E1]);
  pair.steps(init('3@16'), free(16), init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9'));
  const tail = pair.guest.bytes.slice(17 * 64 + 8, 17 * 64 + 16);
  pair.besides = (bytes) => bytes.set(tail, 17 * 64 + 8);
  const found = writers(pair.steps(init('0@17')), 17);
  assert.ok(found.includes('pgmap prep_compound_tail 1'), found.join());
  assert.equal(pair.compared, ['b', 'e1']);
});

test('a case is gone through again once a step, however many fields deviate', () => {
  let inits = 0;
  const counted: Variant = { ...VARIANT_A, id: 'counted', init: [() => void inits++, ...VARIANT_A.init] };
  for (const ruledOut of [[], ['counted']]) {
    const pair = new Pair(VARIANT_A, [VARIANT_B, counted], ruledOut);
    // Not right, it is asked as one of the likeliest.
    if (ruledOut.length === 0) pair.spoil(40);
    else pair.steps(init('0@60'), free(60));
    pair.steps(init('3@8'), free(8));
    inits = 0;
    assert.ok(writers(pair.steps(init('0@9')), 9).length > 3);
    assert.is(inits, 3);
  }
});

test('a variant that another case has ruled out, and that is right here, says who wrote what, each step anew', () => {
  const pair = new Pair(VARIANT_A, [VARIANT_B, VARIANT_E1, VARIANT_A], ['a']);
  assert.equal(pair.oracle.fitting, ['b', 'e1']);
  for (const [ops, page, step] of [
    [[init('3@8'), free(8), init('0@9')], 9, 1],
    [[init('3@16'), free(16), init('0@17')], 17, 4],
  ] as const) {
    const found = writers(pair.steps(...ops), page);
    assert.ok(found.includes(`pgmap prep_compound_tail ${step}`), found.join());
  }
  assert.equal(pair.oracle.classify(), { steps: 6, fits: ['a'], ranked: [], unfit: [] });
});

test('a variant that is ruled out and wrong here too knows nothing of who wrote what', () => {
  const pair = new Pair(VARIANT_A, [VARIANT_B, VARIANT_E1, VARIANT_A], ['a']);
  pair.spoil(40);
  const found = writers(pair.steps(init('3@8'), free(8), init('0@9')), 9);
  assert.ok(found.includes('pgmap nobody'), found.join());
});

test('of two variants that hold what was found, the right one says who wrote it, though it is not the likelier', () => {
  // d2 writes the counts of page 1 at order 0 too; step 5 tells the two apart, in other bytes.
  const ops = [init('1@0'), free(0), init('0@0'), free(0), init('0@1')];
  for (const [kernel, other, step] of [
    [VARIANT_A, VARIANT_D2, 1],
    [VARIANT_D2, VARIANT_A, 3],
  ] as const) {
    const pair = new Pair(kernel, [other, kernel]);
    const found = writers(pair.steps(...ops), 1);
    assert.equal(pair.oracle.fitting, [kernel.id]);
    assert.ok(found.includes(`index prep_compound_head ${step}`), found.join());
  }
});

test('a variant that only this step refutes says who wrote what, where no other does', () => {
  const pair = new Pair(VARIANT_A, [VARIANT_B, VARIANT_E1, VARIANT_A]);
  pair.steps(init('3@8'), free(8));
  pair.guest.bytes[40 * 64 + 40] = 0x77;
  const found = writers(pair.steps(init('0@9')), 9);
  assert.ok(found.includes('pgmap prep_compound_tail 1'), found.join());
  assert.equal(pair.oracle.fitting, []);
});

test('a case is explained by the variants that were followed, and by the others where those are wrong', () => {
  const fits = (kernel: Variant): readonly string[] => {
    const pair = new Pair(
      kernel,
      [VARIANT_B, VARIANT_E1, VARIANT_A, VARIANT_NOMEMCG],
      ['e1', 'a', 'nomemcg'],
    );
    pair.steps(init('3@8'));
    assert.equal(pair.oracle.classify().fits, ['b'], 'all do the same so far');
    pair.steps(free(8), init('0@9'));
    return pair.oracle.classify().fits;
  };
  assert.equal(fits(VARIANT_B), ['b']);
  assert.equal(fits(VARIANT_NOMEMCG), ['nomemcg']);
});

test('a step that did not come back: those still followed and the likeliest, each once, say what comes of it', () => {
  const hang = [init('3@8'), free(8), init('0@8', { unlock: 'none' })];
  const pair = new Pair(VARIANT_A, [VARIANT_B, VARIANT_A]);
  pair.steps(...hang);
  const said = pair.oracle.lost(init('0@9'), 4);
  assert.equal(
    said.map(({ variant, effects }) => `${variant} ${effects.hang ? 'hangs' : 'comes back'}`),
    ['b comes back', 'a hangs'],
  );
  assert.equal(pair.oracle.fitting, ['a']);
  assert.equal(pair.oracle.classify().fits, ['a']);
});

test('a likely variant that is wrong or ruled out is asked about a lost step too, unless it has stopped before', () => {
  const pair = new Pair(VARIANT_B, [VARIANT_B, VARIANT_A], ['a']);
  pair.steps(init('3@8'), free(8), init('0@9'));
  assert.equal(
    pair.oracle.lost(free(9), 4).map(({ variant }) => variant),
    ['b', 'a'],
  );
  const stopped = new Pair(VARIANT_B, [VARIANT_B, VARIANT_A]);
  stopped.steps(init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9'), poke(40, 40, 8, 1n));
  assert.equal(
    stopped.oracle.lost(free(9), 6).map(({ variant }) => variant),
    ['b'],
  );
});

test.run();
