import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { HELLO } from './fake-guest.js';
import { DEFAULT_SEED } from '../../../orchestrator/scenario/schema.js';
import { unmetRequirement } from '../../../orchestrator/scenario/requirements.js';
import { free, init, made, run } from './support.js';

const test = suite('scenario/run-scenario: second device, coherent memory, swap', { timeoutMs: 60_000 });

test('memory of a second device and coherent memory are asked for by those who need them', () => {
  const second = { ...HELLO, chunk: { ...HELLO.chunk, second: 1536, second_pgmap: '0x2' } };
  const coherent = { ...HELLO, coherent: { pages: 512, pfn: '0x1', vmemmap: '0x2', pgmap: '0x3' } };
  const needs = (feature: 'second' | 'coherent') =>
    made('x', [init(0, 0)], { requires: { config: [], features: [feature] } });
  assert.match(unmetRequirement(needs('second'), HELLO) ?? '', 'too small for a second device');
  assert.is(unmetRequirement(needs('second'), second), undefined);
  assert.match(unmetRequirement(needs('coherent'), second) ?? '', 'no memory is reserved');
  assert.is(unmetRequirement(needs('coherent'), coherent), undefined);
});

const COHERENT = { requires: { config: [], features: ['coherent' as const] } };
const onUserMemory = [
  { mmap: { name: 'm', pages: 2 } },
  { fill: { name: 'm', seed: DEFAULT_SEED } },
  { touch: { name: 'm', page: 0, pages: 1 } },
];

test('coherent pages are observed by the cases that need them, from their first step to the reset', async () => {
  const { of, guests } = await run(
    [made('x', [init(0, 3), free(0)], COHERENT), made('y', [init(0, 3), free(0)])],
    { coherent: 64 },
  );
  assert.equal([of('x').verdict, of('y').verdict], ['pass', 'pass']);
  const asked = guests.flatMap(({ requests }) => requests.map(({ op }) => op));
  assert.is(asked.filter((op) => op === 'observe').length, 1);
  assert.ok(asked.indexOf('observe') < asked.indexOf('init'));
});

test('a coherent page that a step had no business with is seen', async () => {
  const { of, guests } = await run([made('x', onUserMemory, COHERENT)], {
    coherent: 64,
    spoil: (request, reply, _n, guest) => {
      // Shown with the next answer.
      if (request.op === 'fill') guest.coherent[3 * 64 + 8] = 1;
      return reply;
    },
  });
  assert.equal([of('x').verdict, of('x').kind], ['fail', 'stale-field']);
  const [first] = of('x').deviations;
  const behind = guests[0]?.hello.chunk.pages ?? 0;
  assert.equal([first?.step, first?.page, first?.byte], [3, behind + 3, 8]);
});

test('a guest that cannot show its coherent pages is no verdict on the kernel', async () => {
  const { of } = await run([made('x', [init(0, 0)], COHERENT)], {
    coherent: 64,
    spoil: (request, reply) => (request.op === 'observe' ? { ...reply, ok: false, error: 'no' } : reply),
  });
  assert.equal([of('x').verdict, of('x').reason], ['error', 'the coherent pages cannot be observed: no']);
});

test('steps with swap need a module that has a disk', () => {
  const test = made('x', [init(0, 0)], { requires: { config: [], features: ['swap'] } });
  const { layout } = HELLO;
  const hello = { ...HELLO, layout: { ...layout, consts: { ...layout.consts, swap_disk: 1 } } };
  assert.match(unmetRequirement(test, HELLO) ?? '', 'no disk to swap to');
  assert.is(unmetRequirement(test, hello), undefined);
});

test('swap that a case leaves on is switched off at its end, and judged', async () => {
  const steps = [{ swap: { on: true } }, { mmap: { name: 'm', pages: 2 } }];
  const played = async (used: number) =>
    run([made('x', steps)], {
      spoil: (request, reply) =>
        request.op === 'swap' || request.op === 'munmap'
          ? {
              ...reply,
              ok: true,
              ...(request['on'] === false ? {} : { swap: { pages: 9, used, cached: 0 } }),
            }
          : reply,
    });
  const { of, guests } = await played(0);
  assert.is(of('x').verdict, 'pass');
  assert.equal(
    guests[0]?.requests.filter(({ op }) => op === 'munmap' || op === 'swap').map(({ op, on }) => [op, on]),
    [
      ['swap', true],
      ['munmap', undefined],
      ['swap', false],
    ],
  );
  const lost = (await played(1)).of('x');
  assert.equal([lost.verdict, lost.kind, lost.deviations[0]?.field], ['fail', 'leak', 'swap slots in use']);
});

test.run();
