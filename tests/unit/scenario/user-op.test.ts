import * as assert from 'uvu/assert';
import { userOpsOf } from '../../../orchestrator/scenario/user-op.js';
import type { ReadyHello, Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/user-op');

const HELLO = { chunk: { pages: 2048 } } as ReadyHello;
const ops = (request: Request, reply: Partial<Reply> = {}) =>
  userOpsOf(request, { ok: true, ...reply }, HELLO, (name) => (name === 'm' ? 512 : undefined));

test('a mapping has the address that the agent answered', () => {
  assert.equal(ops({ op: 'mmap', name: 'm', pages: 4, thp: true }, { addr: '0x7f0000200000' }), [
    { op: 'mmap', name: 'm', pages: 4, thp: true, address: 0x7f0000200000n },
  ]);
});

test('accesses: a fill leaves data, a touch one page by default, a verify what is left of the mapping', () => {
  const access = { op: 'access', name: 'm' };
  assert.equal(ops({ op: 'fill', name: 'm', seed: 1 }), [
    { ...access, page: 0, count: 512, write: true, data: true },
  ]);
  assert.equal(ops({ op: 'touch', name: 'm', page: 3, write: true, in: 'c' }), [
    { ...access, page: 3, count: 1, write: true, data: false, process: 'c' },
  ]);
  assert.equal(ops({ op: 'verify', name: 'm', page: 500, seed: 1 }), [
    { ...access, page: 500, count: 12, write: false, data: false },
  ]);
});

test('every second page is a change of each page alone', () => {
  assert.equal(ops({ op: 'munmap', name: 'm', page: 1, n: 5, every: 2 }), [
    { op: 'munmap', name: 'm', page: 1, count: 1 },
    { op: 'munmap', name: 'm', page: 3, count: 1 },
    { op: 'munmap', name: 'm', page: 5, count: 1 },
  ]);
  assert.equal(ops({ op: 'mprotect', name: 'm', page: 8, n: 2, prot: 'r' }), [
    { op: 'mprotect', name: 'm', page: 8, count: 2, access: 'read' },
  ]);
  assert.equal(ops({ op: 'madvise', name: 'm', advice: 'dontneed' }), [
    { op: 'dontneed', name: 'm', page: 0, count: 512 },
  ]);
});

test('eviction of a range goes to the end of the chunk by default', () => {
  assert.equal(ops({ op: 'evict', pfn: 512 }), [{ op: 'evict', pfn: 512, count: 1536 }]);
  assert.equal(ops({ op: 'evict', pfns: [4, 2] }), [{ op: 'evict', pfns: [4, 2] }]);
});

test('of coherent pages the model has no words', () => {
  const to = (pfn: number) => [{ page: 0, pfn, order: 0 }];
  assert.is(ops({ op: 'migrate', name: 'm', to: to(2047) })?.length, 1);
  assert.is(ops({ op: 'migrate', name: 'm', to: to(2048) }), undefined);
  assert.is(ops({ op: 'evict', pfn: 2048, n: 4 }), undefined);
  assert.is(ops({ op: 'evict', pfns: [3, 2048] }), undefined);
  assert.equal(ops({ op: 'observe', coherent: true }), []);
  for (const op of ['back', 'insert']) assert.is(ops({ op, name: 'm' }), undefined);
});

test('what looks only changes nothing, and what is not known is said to be', () => {
  assert.equal(ops({ op: 'usermap', name: 'm' }), []);
  assert.equal(ops({ op: 'swap', on: true }), []);
  assert.equal(ops({ op: 'swap', hold: true }), []);
  const to = [{ page: 1, pfn: 2, order: 0 }];
  for (const request of [
    { op: 'mremap', name: 'm' },
    { op: 'race', threads: [] },
    { op: 'mlock', name: 'm' },
    { op: 'swap', on: false },
    { op: 'madvise', name: 'm', advice: 'cold' },
    { op: 'migrate', name: 'm', to, from_device: true },
    { op: 'migrate', name: 'm', to, held: true },
    { op: 'knobs', fail_small: 1 },
  ])
    assert.is(ops(request), undefined, JSON.stringify(request));
});

test('knobs and processes', () => {
  assert.equal(ops({ op: 'knobs', split_op: false }), [{ op: 'knobs', failLarge: 0, split: 'absent' }]);
  assert.equal(ops({ op: 'fork', child: 'c' }), [{ op: 'fork', child: 'c' }]);
  assert.equal(ops({ op: 'exit', child: 'c' }), [{ op: 'exit', process: 'c' }]);
  const to = [{ page: 1, pfn: 2, order: 0 }];
  assert.equal(ops({ op: 'migrate', name: 'm', to, abort: true }), [
    { op: 'migrate', name: 'm', to, compound: true, abort: true },
  ]);
});

test.run();
