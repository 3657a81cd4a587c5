import * as assert from 'uvu/assert';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { Tally } from '../../../../orchestrator/score/coverage/tally.js';
import { changesOf, scenarioWatch } from '../../../../orchestrator/score/coverage/watch-scenarios.js';
import type { Reply } from '../../../../orchestrator/scenario/protocol.js';
import type { Step } from '../../../../orchestrator/scenario/schema.js';
import { suite } from '../../../harness/suite.js';
import { free, init, made, run } from '../../scenario/support.js';

const test = suite('score/coverage/watch-scenarios');

/** What a watch notes of cases that run in a guest whose kernel is the model's. */
async function noted(...cases: readonly (readonly Partial<Step>[])[]): Promise<Tally> {
  const tally = new Tally();
  const named = cases.map((steps, i) => made(`c${i}`, steps));
  const { records } = await run(named, {}, { watch: scenarioWatch(tally) });
  for (const { id, verdict, reason } of records)
    assert.ok(verdict === 'pass' || verdict === 'known', `${id}: ${reason}`);
  return tally;
}

const texts = (tally: Tally): string[] => tally.transitions.map(transitionText).toSorted();

test('roles are those that the struct pages of the guest show', async () => {
  const tally = await noted([init(0, 1), free(0), init(1, 0), free(1), init(0, 0), free(0)]);
  assert.equal(texts(tally), ['fresh→head/1', 'fresh→tail1/1', 'head/1→order0', 'tail1/1→order0']);
});

test('every case begins on fresh pages, and the first that showed a transition is named', async () => {
  const tally = await noted([init(0, 0), free(0)], [init(4, 0), free(4), init(4, 0), free(4)]);
  assert.equal(texts(tally), ['fresh→order0', 'order0→order0']);
  const of = (text: string): unknown => {
    const number = tally.transitions.find((one) => transitionText(one) === text);
    return number === undefined ? undefined : tally.get(number);
  };
  assert.equal(of('fresh→order0'), { pages: 2, test: 't/c0' });
  assert.equal(of('order0→order0'), { pages: 1, test: 't/c1' });
});

test('memory of processes counts like folios of the driver, splits too', async () => {
  const tally = await noted([
    { mmap: { name: 'm', pages: 512, thp: true, prot: 'rw' } } as Partial<Step>,
    { fill: { name: 'm', page: 0 } } as Partial<Step>,
    { migrate: { name: 'm', to: [{ page: 0, pfn: 0, order: 9 }] } } as Partial<Step>,
    { touch: { name: 'm', page: 3, pages: 1 } } as Partial<Step>,
  ]);
  assert.ok(texts(tally).includes('fresh→tail2/9'), texts(tally).join());
});

test('of coherent pages, which the model does not know, nothing counts', async () => {
  const tally = new Tally();
  const coherent = made('k', [init(0, 0), free(0)], { requires: { config: [], features: ['coherent'] } });
  const spoil = (request: { op: string }, reply: Reply): Reply =>
    request.op === 'init'
      ? { ...reply, cb: [{ fn: 'folio_split', pfn: 5000, order: 0, tail: 5001 }] }
      : reply;
  await run([coherent], { coherent: 64, spoil }, { watch: scenarioWatch(tally) });
  assert.equal(texts(tally), ['fresh→order0']);
  assert.equal([tally.uncertain, tally.contradictions], [0, 0]);
});

test('after a poke nothing of the case counts', async () => {
  const poke = { poke: { pfn: 9, byte: 52, size: 4, value: '0x1' } } as Partial<Step>;
  const unpoke = { poke: { pfn: 9, byte: 52, size: 4, value: '0x0' } } as Partial<Step>;
  const tally = new Tally();
  await run(
    [made('p', [init(0, 0), poke, unpoke, init(2, 0), free(2), free(0)])],
    {},
    { watch: scenarioWatch(tally) },
  );
  assert.equal(texts(tally), ['fresh→order0']);
  assert.equal(tally.get(tally.transitions[0] as number), { pages: 1, test: 't/p' });
});

test('calls of the driver: frees with their order, splits page by page, faults not at all', () => {
  assert.equal(
    changesOf([
      { fn: 'migrate_to_ram', pfn: 3, order: 0 },
      { fn: 'folio_split', pfn: 0, order: 0, tail: 1 },
      { fn: 'folio_split', pfn: 0, order: 0 },
      { fn: 'folio_free', pfn: 16, order: 3 },
    ]),
    [
      { kind: 'split', pfn: 1 },
      { kind: 'split', pfn: 0 },
      { kind: 'died', pfn: 16, order: 3 },
    ],
  );
});

test.run();
