import * as assert from 'uvu/assert';
import { VARIANTS, layout73 } from '../../../../orchestrator/model/index.js';
import type { Layout, Place, Variant } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { assertSequences, parseReplay, replayed, runSequences } from '../check-commands.js';
import type { Sequences } from '../check-commands.js';
import { place } from '../support.js';
import { UserBook } from './user-book.js';
import { userCommands } from './user-commands.js';
import { UserRig } from './user-rig.js';
import type { Leaks } from './user-rig.js';

const test = suite('model/mapping/commands');

const CHUNK = 1024;

/**
 * Bits of a live page that may show its past under 7.3: the rows of "What 7.3 itself deviates in" in docs/model.md. Migration copies
 * PG_workingset from there to any page.
 */
function leaksOf({ at, flags }: Layout): Leaks {
  const mask = Array.from({ length: 64 }, () => 0);
  const bit = flags['PG_workingset'] as number;
  mask[at.flags + (bit >> 3)] = 1 << (bit & 7);
  mask.fill(0xff, at.zoneDeviceData, at.zoneDeviceData + 8);
  return () => mask;
}

const none: Leaks = () => [];

function property(id: string, variant: Variant, where: Place, leaks: Leaks): Sequences<UserBook, UserRig> {
  return {
    id,
    runs: 30,
    most: 40,
    commands: userCommands(where.pages),
    setup: () => ({ model: new UserBook(), real: new UserRig(variant, where, leaks) }),
  };
}

const AXES: Readonly<Record<string, Place>> = {
  mask: place(CHUNK),
  pointer: place(CHUNK, layout73('pointer')),
  nodebug: place(CHUNK, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false })),
};

const properties = Object.entries(AXES).flatMap(([axis, where]) => [
  property(`b, ${axis}: memory of processes`, VARIANTS['b'] as Variant, where, leaksOf(where.layout)),
  property(`e2, ${axis}: memory of processes`, VARIANTS['e2'] as Variant, where, none),
]);

for (const one of replayed(properties)) test(one.id, () => assertSequences(one, 'model/mapping/commands'));

test('a kernel that leaves more than is stated is found, and the failure can be seen again', () => {
  const wrong = { ...property('b for e2', VARIANTS['b'] as Variant, place(CHUNK), none), runs: 400 };
  const found = runSequences(wrong);
  assert.ok(found);
  assert.match(found.error, /shows its past/);
  assert.equal(runSequences(wrong, parseReplay(found.replay)), { ...found, runs: 1 });
});

test.run();
