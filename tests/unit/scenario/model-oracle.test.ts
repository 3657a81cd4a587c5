import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { free, init, made, run } from './support.js';
import type { FakeOptions } from './fake-guest.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';

const test = suite('scenario/model-oracle');

const fits = ({ model }: TestRecord): readonly string[] => model?.fits ?? [];

/** Tells most variants apart. */
const telling = (id: string): ReturnType<typeof made> => made(id, [init(0, 9), free(0), init(1, 0), free(1)]);
/** Tells none apart. */
const plain = (id: string): ReturnType<typeof made> => made(id, [init(0, 0), free(0)]);

test('a variant that one case ruled out is not a candidate in the next', async () => {
  const { of } = await run([plain('before'), telling('telling'), plain('after')], { kernel: 'b' });
  assert.ok(fits(of('before')).includes('a'));
  assert.not.ok(fits(of('telling')).includes('a'));
  assert.not.ok(fits(of('after')).includes('a'));
  assert.ok(fits(of('after')).includes('b'));
});

test('the kernel of a case that none of the others explains is found among those ruled out', async () => {
  // The first guest dies in the second case; the next one runs another kernel.
  const dies: FakeOptions['spoil'] = (request, reply, n) => {
    if (request.op === 'init' && n > 7) throw new Error('gone');
    return reply;
  };
  const cases = [telling('one'), plain('dies'), telling('two')];
  const { of } = await run(cases, (guest) => (guest === 0 ? { kernel: 'b', spoil: dies } : { kernel: 'a' }));
  assert.ok(fits(of('one')).includes('b') && !fits(of('one')).includes('a'));
  assert.ok(fits(of('two')).includes('a') && !fits(of('two')).includes('b'));
});

test('once no variant is right in every case, all are followed again', async () => {
  const spoil: FakeOptions['spoil'] = (request, reply, n) =>
    // The first free of the second case takes too few references: no variant does that.
    request.op === 'free' && n > 8 && n < 12 ? { ...reply, refs: (reply.refs ?? 0) + 1 } : reply;
  const cases = [telling('one'), plain('spoilt'), plain('three')];
  const { of } = await run(cases, { kernel: 'b', spoil });
  assert.equal(fits(of('spoilt')), []);
  assert.ok(fits(of('three')).includes('a'));
  assert.ok(fits(of('three')).includes('b'));
});

test.run();
