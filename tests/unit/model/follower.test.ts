import * as assert from 'uvu/assert';
import { Machine, VARIANT_A, VARIANT_B } from '../../../orchestrator/model/index.js';
import type { ObservedStep, Operation, UserOperation } from '../../../orchestrator/model/index.js';
import { applyAll } from '../../../orchestrator/model/classify.js';
import { Follower } from '../../../orchestrator/model/follower.js';
import type { Fit } from '../../../orchestrator/model/follower.js';
import { suite } from '../../harness/suite.js';
import { fill, map, migrate, munmap } from './mapping/user.js';
import { free, init, place } from './support.js';

const test = suite('model/follower');

const P = place(64);

type Shown = ObservedStep & { readonly bytes: Uint8Array };

/** A guest of variant b, with what it shows of one step. */
class Guest {
  readonly machine = new Machine(VARIANT_B, P);
  #step = 0;

  op(op: Operation): Shown {
    const { refs, callbacks } = this.machine.apply(op, ++this.#step);
    return { step: this.#step, op, refs, callbacks, bytes: this.machine.bytes.slice() };
  }

  user(...user: UserOperation[]): Shown {
    const { refs, callbacks } = applyAll(this.machine, user, ++this.#step);
    return { step: this.#step, user, refs, callbacks, bytes: this.machine.bytes.slice() };
  }

  outside(): Shown {
    const { refs } = this.machine;
    return { step: ++this.#step, refs, callbacks: [], bytes: this.machine.bytes.slice() };
  }
}

/** What the follower says of a step; undefined where it can say nothing. */
function judged(follower: Follower, seen: Shown): Fit | undefined {
  const effects = follower.apply(seen);
  return effects && follower.judge(effects, seen, follower.machine.roles);
}

test('of the pages that differ the first eight are told', () => {
  const seen = new Guest().op(init('0@0'));
  for (let page = 10; page < 20; page += 1) seen.bytes[page * 64 + 40] = 7;
  const fit = judged(new Follower(VARIANT_B, P), seen);
  assert.equal(
    fit?.differing.map(({ page }) => page),
    [10, 11, 12, 13, 14, 15, 16, 17],
  );
});

test('what it holds of a field: eight bytes, four bytes, or one bit', () => {
  const follower = new Follower(VARIANT_B, P);
  follower.apply(new Guest().op(init('5@32')));
  const field = { field: '', want: 0n };
  const orderIn = { ...field, byte: 0, width: 8, bit: 2 } as const;
  const { bytes } = follower.machine;
  const flags = new DataView(bytes.buffer).getBigUint64(33 * 64, true);
  bytes.set([2, 3, 4, 5], 34 * 64 + 52);
  for (const [holds, page, diff] of [
    [true, 32, { ...field, byte: 8, width: 8, have: P.pgmap }],
    [false, 32, { ...field, byte: 8, width: 8, have: P.pgmap + 1n }],
    [false, 32, { ...field, byte: 8, width: 8, have: P.pgmap & 0xffffffffn }],
    [true, 34, { ...field, byte: 52, width: 4, have: 0x05040302n }],
    [false, 34, { ...field, byte: 52, width: 4, have: 0x02030405n }],
    [false, 33, { ...field, byte: 52, width: 4, have: 0x05040302n }],
    [true, 33, { ...orderIn, have: flags }],
    [true, 33, { ...orderIn, have: flags ^ 1n }],
    [false, 33, { ...orderIn, have: flags ^ 4n }],
  ] as const)
    assert.is(follower.holds(page, diff), holds, `page ${page}: ${diff.have.toString(16)}`);
});

test('code outside the model ends what is known of user memory; bytes are followed on', () => {
  const guest = new Guest();
  const follower = new Follower(VARIANT_B, P);
  assert.is(judged(follower, guest.user(map(4), fill(0, 4)))?.agrees, true);
  assert.is(judged(follower, guest.user(migrate([0, 1])))?.agrees, true);
  assert.is(judged(follower, guest.outside()), undefined);
  assert.is(judged(follower, guest.user(migrate([1, 2]))), undefined);
  assert.is(follower.machine.followsUser, false);
  assert.equal(
    [follower.machine.bytes, follower.machine.refs],
    [guest.machine.bytes, guest.machine.refs],
    'as the guest has them',
  );
  assert.is(judged(follower, guest.op(init('1@8')))?.fits, true);
});

test('wrong about a step on user memory, it takes what the step left and goes on from there', () => {
  const guest = new Guest();
  const follower = new Follower(VARIANT_B, P);
  judged(follower, guest.user(map(4), fill(0, 4)));
  guest.machine.bytes[40 * 64 + 40] = 7;
  const wrong = judged(follower, guest.user(migrate([0, 1])));
  assert.equal([wrong?.agrees, wrong?.fits, wrong?.differing.length], [false, false, 1]);
  const next = judged(follower, guest.op(init('1@8')));
  assert.equal([next?.agrees, next?.fits, next?.differing], [true, false, []]);
  assert.is(judged(follower, guest.user(munmap())), undefined);
});

test('a step on user memory of which nothing was shown leaves everything as it was', () => {
  const guest = new Guest();
  const follower = new Follower(VARIANT_B, P);
  judged(follower, guest.user(map(4), fill(0, 4)));
  const before = follower.machine.bytes.slice();
  const { bytes: _, ...lost } = guest.user(migrate([0, 1]));
  assert.is(follower.apply(lost), undefined);
  assert.equal([follower.machine.bytes, follower.machine.followsUser], [before, false]);
});

test('the way gone again: who wrote what, up to the step that ends it, and whether it was wrong', () => {
  const guest = new Guest();
  const trace = [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9'), init('0@20')].map((op) =>
    guest.op(op),
  );
  const right = new Follower(VARIANT_B, P);
  right.retrace(trace);
  assert.equal([right.wrong, right.machine.provenance], [false, true]);
  assert.is(right.machine.origin(20, 52)?.step, 5);
  const hangs = new Follower(VARIANT_A, P);
  hangs.retrace(trace);
  assert.equal([hangs.wrong, hangs.machine.stopped], [true, true]);
  assert.is(hangs.machine.roles.role(20), 'fresh', 'nothing after the hang');
});

test.run();
