import * as assert from 'uvu/assert';
import { suite } from '../../../harness/suite.js';
import { fill, map, migrate, munmap, play, read, step } from './user.js';

const test = suite('model/mapping/user');

test('what is not there is refused by name', () => {
  const machine = play([map(4), { op: 'fork', child: 'c' }], undefined, 16);
  assert.throws(() => machine.apply(map(4)), /mapping m exists/);
  assert.throws(() => machine.apply({ op: 'fork', child: 'c' }), /process c exists/);
  assert.throws(() => machine.apply(read(0, 1, 'd')), /no process d/);
  assert.throws(() => machine.apply({ op: 'munmap', name: 'n' }), /process main has no mapping n/);
});

test('pages, rss and charges of a mapping that is partly on the device', () => {
  const machine = play([map(4), fill(0, 2), migrate([1, 7])], undefined, 16);
  const { user } = machine;
  assert.equal(
    user.pages('m').map(({ kind, pfn }) => [kind, pfn]),
    [
      ['ram', undefined],
      ['device', 7],
      ['none', undefined],
      ['none', undefined],
    ].map(([kind, pfn]) => [kind, pfn]),
  );
  assert.equal([user.rss(), user.charged, user.mapped], [2, 2, 2]);
  assert.equal(user.folio(7), { order: 0, refcount: 1, mapcount: 1, entire: 0 });
  step(machine, munmap(1, 1));
  assert.equal([user.pages('m')[1]?.kind, user.rss(), user.charged], ['unmapped', 1, 1]);
  step(machine, munmap());
  assert.equal([user.mappings(), user.charged], [[], 0]);
});

test('an access without permission ends in a signal, and names its page', () => {
  const machine = play([map(4), fill(0, 4)], undefined, 16);
  step(machine, { op: 'mprotect', name: 'm', page: 2, count: 1, access: 'read' });
  assert.equal(step(machine, fill(0, 4)).signal, { name: 'SIGSEGV', page: 2 });
  assert.is(step(machine, read(0, 4)).signal, undefined);
});

test.run();
