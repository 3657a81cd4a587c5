import * as assert from 'uvu/assert';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { hugeOnDevice, munmap, play, step, word } from './user.js';

/**
 * The order in which a walk over the anon_vma comes to the mappings of a folio (mm/rmap.c:rmap_walk_anon). The slots of a large
 * folio's mm ids show it: the process whose mapping comes back first has the first.
 */
const test = suite('model/mapping/unmap');

const inChild = (op: UserOperation): UserOperation => ({ ...op, process: 'c' }) as UserOperation;

/** PTEs beside the first of each of both processes, in the order of their slots, after a migration that came to nothing. */
function slots(ops: readonly UserOperation[]): number[] {
  const machine = play([...hugeOnDevice, { op: 'fork', child: 'c' }, ...ops, { op: 'knobs', failLarge: 1 }]);
  step(machine, { op: 'evict', pfn: 0, count: 512 });
  const counts = word(machine, 1, 4);
  return [Number(counts & 0xffffffffn), Number(counts >> 32n)];
}

test('the part that begins first comes first', () => {
  assert.equal(slots([munmap(0, 2), inChild(munmap(0, 1))]), [510, 509]);
  assert.equal(slots([munmap(0, 1), inChild(munmap(0, 2))]), [510, 509]);
});

test('each part of a mapping is walked by itself, up to its end', () => {
  const parts: readonly UserOperation[] = [
    { op: 'dontneed', name: 'm', page: 0, count: 100 },
    { op: 'mprotect', name: 'm', page: 100, count: 412, access: 'read' },
    inChild(munmap(511, 1)),
  ];
  assert.equal(slots(parts), [510, 411], 'the child has page 0, the parent nothing before page 100');
});

test.run();
