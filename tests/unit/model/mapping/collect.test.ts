import * as assert from 'uvu/assert';
import type { MachineOperation, UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { init, poke } from '../support.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, read, step } from './user.js';

/** What a migration takes off its page tables, and what it leaves (mm/migrate_device.c:migrate_device_unmap). */
const test = suite('model/mapping/collect');

const references = (count: bigint): MachineOperation => poke(0, 52, 4, count);

/**
 * `migrate_vma_check_page` lets the fault's reference pass, and one more of any device folio: small pages then cannot take the
 * place of the huge one, but its PMD is split by then (migrate_vma_split_unmapped_folio).
 */
test('a huge page under a fault that somebody else holds: once, it ends on PTEs; twice, it stays on its PMD', () => {
  const faults = (count: bigint): string[] => {
    const machine = play([...hugeOnDevice, references(count), { op: 'knobs', failLarge: 1 }]);
    const { hang, callbacks } = machine.apply(read(1));
    assert.is(hang?.line, 'mm/memory.c:do_swap_page');
    assert.is(machine.user.nrAnon(9), 1);
    assert.is(callbacks.length, 12);
    return callbacks.slice(0, 3).map(({ fn, order }) => `${fn} ${order}`);
  };
  assert.equal(faults(2n), ['migrate_to_ram 9', 'migrate_to_ram 0', 'migrate_to_ram 0']);
  assert.equal(faults(3n), ['migrate_to_ram 9', 'migrate_to_ram 9', 'migrate_to_ram 9']);
});

test('a page that seems to be mapped where no page table has it is left (folio_mapped())', () => {
  const machine = play([init('0@3'), poke(3, 48, 4, 0n)]);
  const { scan, callbacks } = step(machine, { op: 'evict', pfn: 0, count: 8 });
  assert.equal([scan, callbacks], [[], []]);
  assert.equal(machine.user.folio(3), { order: 0, refcount: 1, mapcount: 1, entire: 0 });
});

test('the process that migrates loses its PMD before others lose their PTEs: for a moment a part is mapped', () => {
  const inChild = (op: UserOperation): UserOperation => ({ ...op, process: 'c' }) as UserOperation;
  const machine = play([map(1024, true), fill(512, 512), { op: 'fork', child: 'c' }, munmap(1022, 2)]);
  // The walk over all processes would come to the parent first, whose part begins before the child's.
  step(machine, inChild(munmap(0, 512)));
  assert.is(machine.user.mthp('split_deferred', 9), 0, 'the child maps all of it');
  step(machine, inChild(migrate([512, 0, 9])));
  assert.is(machine.user.mthp('split_deferred', 9), 1);
});

test('beside a huge destination no page of the huge page gets one of its own', () => {
  const machine = play([map(512, true), fill(0, 512)]);
  const { migrate: answer } = step(machine, migrate([0, 0, 9], [1, 600]));
  assert.equal(answer, { cpages: 1, migrated: 512, src: [55, 0] });
  assert.is(machine.refs, 512);
});

test.run();
