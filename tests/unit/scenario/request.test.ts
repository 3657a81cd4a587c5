import * as assert from 'uvu/assert';
import { destinationsOf, requestOf, reuseOps } from '../../../orchestrator/scenario/request.js';
import { actionOf, Step } from '../../../orchestrator/scenario/schema.js';
import type { Request } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/request');

/** The request for a step as it stands in a file. */
const request = (step: unknown): Request => requestOf(actionOf(Step.parse(step)), undefined, 1);

test('entries count on by the size of the folio, each or each second one', () => {
  const pfns = (every: number, order = 0): number[] =>
    destinationsOf([{ page: 4, pfn: 8, order, count: 5, every }]).map(({ pfn }) => pfn);
  assert.equal(pfns(1), [8, 9, 10, 11, 12]);
  assert.equal(pfns(2), [8, 10, 12]);
  assert.equal(pfns(2, 1), [8, 12, 16]);
  assert.equal(destinationsOf([{ page: 4, pfn: 8, order: 0 }]), [{ page: 4, pfn: 8, order: 0 }]);
});

test('a reuse is a free and an init that is unlocked as drivers do', () => {
  assert.equal(reuseOps({ pfn: 0, how: 'folio', to: 4, order: 2 }), [
    { op: 'free', pfn: 0, how: 'folio' },
    { op: 'init', pfn: 4, order: 2, unlock: 'page', rmappable: true },
  ]);
  assert.equal(request({ reuse: { pfn: 0, to: 4, order: 2 } }), {
    op: 'reuse',
    pfn: 0,
    how: 'page',
    to: 4,
    order: 2,
  });
});

test('whose pages are asked for is said where a step says it', () => {
  const to = [{ page: 0, pfn: 1, order: 0 }];
  assert.equal(request({ migrate: { to, fromDevice: true, owner: 'second' } }), {
    op: 'migrate',
    name: 'm',
    to,
    from_device: true,
    owner: 'second',
  });
  assert.equal(request({ hmm: { owner: 'coherent' } }), { op: 'hmm', name: 'm', owner: 'coherent' });
  assert.equal(request({ back: {} }), { op: 'back', name: 'm' });
  assert.equal(request({ back: { in: 'c', owner: 'coherent', page: 1, pages: 2, system: true } }), {
    op: 'back',
    name: 'm',
    in: 'c',
    page: 1,
    n: 2,
    owner: 'coherent',
    system: true,
  });
  assert.equal(request({ insert: { pages: 4, pfn: 2048 } }), {
    op: 'insert',
    name: 'm',
    pages: 4,
    pfn: 2048,
    counters: true,
  });
});

test('members that a step leaves out are left out of the request', () => {
  assert.equal(request({ fill: { page: 2, pages: 3 } }), { op: 'fill', name: 'm', page: 2, n: 3, seed: 1 });
  assert.equal(request({ mlock: {} }), { op: 'mlock', name: 'm' });
  assert.equal(request({ mlock: { page: 1, onfault: true } }), {
    op: 'mlock',
    name: 'm',
    page: 1,
    n: 1,
    onfault: true,
  });
  assert.equal(request({ madvise: { advice: 'cold', page: 0, pages: 2 } }), {
    op: 'madvise',
    name: 'm',
    advice: 'cold',
    page: 0,
    n: 2,
  });
  assert.equal(request({ knobs: { failSmall: 3 } }), { op: 'knobs', fail_large: 0, fail_small: 3 });
  assert.equal(request({ knobs: { lingerUs: 5, freeUs: 7 } }), {
    op: 'knobs',
    fail_large: 0,
    linger_us: 5,
    free_us: 7,
  });
  const locked = (more: object): unknown => request({ knobs: { lockPfn: 9, ...more } });
  assert.equal(locked({}), { op: 'knobs', fail_large: 0, lock_pfn: 9, lock_us: 20_000 });
  assert.equal(locked({ lockUs: 8 }), { op: 'knobs', fail_large: 0, lock_pfn: 9, lock_us: 8 });
  assert.equal(request({ migrate: { to: [{ page: 0, pfn: 1, order: 0 }], fromDevice: true } }), {
    op: 'migrate',
    name: 'm',
    to: [{ page: 0, pfn: 1, order: 0 }],
    from_device: true,
  });
  assert.equal(request({ migrate: { to: [{ page: 0, pfn: 1, order: 0 }], held: true } }), {
    op: 'migrate',
    name: 'm',
    to: [{ page: 0, pfn: 1, order: 0 }],
    held: true,
  });
  assert.equal(request({ mremap: { to: 'n', at: 3 } }), { op: 'mremap', name: 'm', to: 'n', at: 3 });
  assert.equal(request({ pin: { page: 2, pages: 3, pipe: true } }), {
    op: 'pin',
    name: 'm',
    page: 2,
    n: 3,
    pipe: true,
  });
  assert.equal(request({ unpin: {} }), { op: 'unpin' });
  assert.equal(request({ swap: {} }), { op: 'swap', on: true, counters: true });
  assert.equal(request({ swap: { on: true, sync: true } }), {
    op: 'swap',
    on: true,
    sync: true,
    counters: true,
  });
  assert.equal(request({ swap: { on: false } }), { op: 'swap', on: false, counters: true });
  assert.equal(request({ swap: { hold: true } }), { op: 'swap', hold: true });
});

test('threads of a race have pages as n', () => {
  const threads = [
    { do: 'touch', page: 0, pages: 4 },
    { do: 'init', pfn: 3, order: 0, times: 2 },
  ];
  assert.equal(request({ race: { seed: 9, threads } }), {
    op: 'race',
    seed: 9,
    threads: [
      { do: 'touch', name: 'm', page: 0, times: 1, n: 4 },
      { do: 'init', name: 'm', pfn: 3, order: 0, times: 2 },
    ],
  });
  assert.equal(
    request({ race: { spreadUs: 64_000, threads: [{ do: 'touch', page: 0, pages: 1, cpu: 1 }] } }),
    {
      op: 'race',
      seed: 1,
      spread_us: 64_000,
      threads: [{ do: 'touch', name: 'm', page: 0, times: 1, cpu: 1, n: 1 }],
    },
  );
});

test.run();
