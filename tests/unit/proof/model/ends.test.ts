import * as assert from 'uvu/assert';
import { BUGS } from '../../../../orchestrator/model/traps.js';
import type { Sent } from '../../../../orchestrator/scenario/session.js';
import type { Splat } from '../../../../orchestrator/store/records.js';
import * as ends from '../../../proof/model/ends.js';
import type { Foretold, Seen } from '../../../proof/model/ends.js';
import type { ObjectCode } from '../../../proof/model/object-code.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/ends');

/** A kernel whose lines are those of 7.3 but for one file, in which they moved by 10. */
const nameOf = (line: string): string => line.replace('mm/moved.c:20', 'mm/moved.c:10');
const functionOf = async (line: string): Promise<string | undefined> =>
  line === 'mm/memremap.c:524' ? 'zone_device_page_init' : line === 'mm/memremap.c:448' ? 'f' : undefined;
const seenEnd = (sent: Sent): Seen | undefined => ends.seenEnd(sent, nameOf);
/** A kernel in which everything is called, so that every function is on the stack. */
const CALLS: ObjectCode = { jumps: async () => false, moduleCalls: async () => true };
const sameEnd = (end: Foretold, seen: Seen, code = CALLS): Promise<boolean> =>
  ends.sameEnd(end, seen, functionOf, code);

function splat(fields: Record<string, string>, frames: readonly string[] = ['f']): Splat {
  return { title: 'title', altTitles: [], frames: [...frames], corrupted: false, text: '', fields };
}

function lost(...splats: Splat[]): Sent {
  return { kind: 'lost', why: 'gone', console: '', splats };
}

const bug = { class: 'kernel-bug', file: './include/linux/page-flags.h', line: '345' };

test('a BUG is the one foretold by its line, wherever the compiler stood', async () => {
  const seen = seenEnd(lost(splat(bug)));
  assert.ok(seen !== undefined && (await sameEnd({ kind: 'crash', splat: BUGS.tailTested }, seen)));
  assert.not.ok(await sameEnd({ kind: 'crash', splat: BUGS.tailChanged }, seen));
  assert.not.ok(await sameEnd({ kind: 'hang', splat: BUGS.tailTested }, seen));
});

test('an oops is the one foretold by its address, or by a frame', async () => {
  const seen = seenEnd(lost(splat({ class: 'null-deref', address: '0x230' }, ['__mem_cgroup_uncharge'])));
  assert.ok(seen);
  const end = (why: string, line: string) =>
    ({ kind: 'crash', splat: { why, line, config: 'any' } }) as const;
  assert.ok(await sameEnd(end('reads address 0x230: …', 'mm/memcontrol.c:uncharge_folio'), seen));
  assert.not.ok(await sameEnd(end('reads address 0x23: …', 'mm/memcontrol.c:uncharge_folio'), seen));
  assert.ok(await sameEnd(end('dies', 'mm/memcontrol.c:__mem_cgroup_uncharge'), seen));
  assert.not.ok(await sameEnd(end('dies', 'mm/memcontrol.c:uncharge_folio'), seen));
});

test('an oops without an address is the one foretold by the function of the line', async () => {
  const end = {
    kind: 'crash',
    splat: { why: 'no pgmap', line: 'mm/memremap.c:448', config: 'any' },
  } as const;
  const there = seenEnd(lost(splat({ class: 'gpf' }, ['f'])));
  const elsewhere = seenEnd(lost(splat({ class: 'gpf' }, ['g'])));
  assert.ok(there && (await sameEnd(end, there)));
  assert.not.ok(elsewhere && (await sameEnd(end, elsewhere)));
});

test('a header that a module names by its whole path is the same header', async () => {
  const header = splat({ ...bug, file: '/home/me/builds/0123/src/include/linux/page-flags.h' });
  assert.is(seenEnd(lost(header))?.line, 'include/linux/page-flags.h:345');
});

test('a line of a patched file is named as 7.3 has it', async () => {
  const moved = splat({ class: 'kernel-bug', file: 'mm/moved.c', line: '20' });
  assert.is(seenEnd(lost(moved))?.line, 'mm/moved.c:10');
});

test('a guest that falls silent has not crashed as foretold', async () => {
  const seen = seenEnd(lost());
  assert.is(seen?.kind, 'silence');
  assert.not.ok(seen !== undefined && (await sameEnd({ kind: 'crash', splat: BUGS.putZero }, seen)));
});

test('a hang is where the stack waits', async () => {
  const hang = (stack: string[]): Sent => ({
    kind: 'hang',
    reply: { ok: false, hang: true, stack },
    splats: [],
  });
  const end = { kind: 'hang', splat: { why: '', line: 'mm/memremap.c:524', config: 'any' } } as const;
  const there = seenEnd(hang(['folio_wait_bit_common+0x114/0x2a0', 'zone_device_page_init+0xab/0x150']));
  const elsewhere = seenEnd(hang(['schedule+0x1/0x2', 'zone_device_page_init+0xab/0x150']));
  assert.ok(there && (await sameEnd(end, there)));
  assert.not.ok(elsewhere && (await sameEnd(end, elsewhere)));
});

test('a hang in a wait that was jumped to is told by the wait and by who called the function that jumped', async () => {
  const hang = { kind: 'hang', splat: { why: 'w', line: 'mm/memremap.c:524', config: 'any' } } as const;
  const seen = (...frames: string[]): Seen => ({ kind: 'hang', where: '', frames, text: '' });
  const jumping: ObjectCode = {
    jumps: async (func, target) => func === 'zone_device_page_init' && target === '__folio_lock',
    moduleCalls: async (func, target) => func === 'zd_page_init' && target === 'zone_device_page_init',
  };
  const stack = seen('folio_wait_bit_common', '__folio_lock', 'zd_page_init', 'zd_run');
  assert.ok(await sameEnd(hang, stack, jumping));
  assert.not.ok(
    await sameEnd(hang, stack, { ...jumping, jumps: async () => false }),
    'a call leaves a frame',
  );
  assert.not.ok(
    await sameEnd(hang, seen('__folio_lock', 'zd_evict', 'zd_page_init'), jumping),
    'called by another',
  );
  assert.not.ok(await sameEnd(hang, seen('__folio_lock'), jumping));
  const twice: ObjectCode = {
    ...jumping,
    jumps: async (func, target) =>
      (await jumping.jumps(func, target)) || (func === '__folio_lock' && target === 'folio_wait_bit_common'),
  };
  const short = seen('folio_wait_bit_common', 'zd_page_init', 'zd_run');
  assert.ok(await sameEnd(hang, short, twice));
  assert.not.ok(await sameEnd(hang, short, jumping), 'a wait that was called leaves its frame');
  assert.not.ok(await sameEnd(hang, seen('schedule', 'zd_page_init'), jumping));
});

test.run();
