import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_A, VARIANT_NOMEMCG, layout73 } from '../../../orchestrator/model/index.js';
import type { Layout, Operation, Place, Variant } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { Book } from './book.js';
import { REPLAY_VARIABLE, assertCommands, parseReplay, replayed, runCommands } from './check-commands.js';
import type { CommandProperty } from './check-commands.js';
import { UNWRITTEN, UNWRITTEN_B, documentedLeaks } from './leaks.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/commands');

const SMALL = 16;
const debug = { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false };

/** Kinds of kernel: tail encoding and options that move bytes or compile checks in. */
const AXES: Readonly<Record<string, Place>> = {
  mask: place(SMALL),
  pointer: place(SMALL, layout73('pointer')),
  nodebug: place(SMALL, layout73('mask', debug)),
  'no mm-id': place(SMALL, layout73('mask', { MM_ID: false, PAGE_MAPCOUNT: false })),
};

/**
 * Bytes of a free page that another life may have left anything in. Not the reference count, which would make the page one in
 * use; nor, where init does not write them, what a free follows or goes by: zone and high half of memcg_data.
 */
function dirt(layout: Layout, variant: string): number[] {
  const { at, zonesShift } = layout;
  const all = Array.from({ length: 64 }, (_, byte) => byte);
  const inField = (byte: number, offset: number, size: number): boolean =>
    byte >= offset && byte < offset + size;
  const kept = UNWRITTEN[variant]?.at.order0 ?? [];
  return all.filter(
    (byte) =>
      !inField(byte, at.refcount, 4) &&
      !(kept.includes('high flags') && inField(byte, at.flags + (zonesShift >> 3), 8 - (zonesShift >> 3))) &&
      !(
        kept.includes('memcg_data[63:32]') &&
        at.memcgData !== undefined &&
        inField(byte, at.memcgData + 4, 4)
      ),
  );
}

/** Page types of slab and large kmalloc: put_page() of a folio that keeps one in _mapcount does nothing, and it lives on. */
function typed(layout: Layout, variant: string): NonNullable<CommandProperty['spared']> {
  const kept = UNWRITTEN[variant]?.at.order0.includes('_mapcount') === true;
  return (byte, value) => kept && byte === layout.at.mapcount + 3 && (value === 0xf5 || value === 0xf8);
}

function property(
  id: string,
  variant: Variant,
  where: Place,
  more: Partial<CommandProperty> = {},
): CommandProperty {
  const unwritten = UNWRITTEN[variant.id] ?? UNWRITTEN_B;
  return { id, variant, place: where, unwritten, maxOrder: 4, bytes: [], runs: 60, ...more };
}

/**
 * Failure keys that a variant may give; not asked with PAGE_MAPCOUNT=n, where the driver's own data stays in half of what is
 * `_nr_pages_mapped` elsewhere, and makes a mask of its own each time.
 */
function keysOf(variant: string, { layout }: Place): Pick<CommandProperty, 'leaks'> {
  if (layout.config['PAGE_MAPCOUNT'] === false) return {};
  return { leaks: variant === 'e2' ? new Set<string>() : documentedLeaks() };
}

const properties: CommandProperty[] = Object.keys(UNWRITTEN).flatMap((id) => {
  const variant = VARIANTS[id] as Variant;
  return Object.entries(AXES).flatMap(([axis, where]) => [
    property(`${id}, ${axis}: lives`, variant, where, keysOf(id, where)),
    property(`${id}, ${axis}: lives and pokes`, variant, where, {
      bytes: dirt(where.layout, id),
      spared: typed(where.layout, id),
    }),
  ]);
});

for (const one of replayed(properties)) test(one.id, () => assertCommands(one));

test('wrong kernels are found, and a failure can be seen again', () => {
  for (const variant of [VARIANT_A, VARIANT_NOMEMCG]) {
    const wrong = property(`${variant.id} for b`, variant, place(SMALL), {
      leaks: documentedLeaks(),
      runs: 300,
    });
    const found = runCommands(wrong);
    assert.ok(found, `${variant.id} passes for b`);
    const again = runCommands(wrong, parseReplay(found.replay));
    assert.equal(again, { ...found, runs: 1 });
    assert.ok(found.commands.split(',').length <= 4, `shrunk: ${found.commands}`);
  }
});

test('the text of a failure names the case', () => {
  const wrong = property('a for b', VARIANT_A, place(SMALL), {
    leaks: documentedLeaks(),
    runs: 300,
  });
  let text = '';
  try {
    assertCommands(wrong, {});
  } catch (error) {
    text = (error as Error).message;
  }
  const replay = /again: CI_MODEL_REPLAY='([^']*)' npm run/.exec(text)?.[1] ?? '';
  assert.is(parseReplay(replay).id, 'a for b', text);
  assert.match(text, /after: .*init \d@\d/);
  assert.throws(() => assertCommands(wrong, { [REPLAY_VARIABLE]: replay }), /a for b, run 1:/);
});

test('a replay runs its property and no other', () => {
  const names = [{ id: 'b' }, { id: 'c' }];
  assert.equal(replayed(names, {}), names);
  assert.equal(replayed(names, { [REPLAY_VARIABLE]: 'c;1;0;A:A' }), [{ id: 'c' }]);
  assert.throws(
    () => replayed(names, { [REPLAY_VARIABLE]: 'd;1;0;A:A' }),
    /CI_MODEL_REPLAY: no property "d"; there are: b; c/,
  );
});

test('replays that no failure prints are refused', () => {
  for (const text of ['', 'b', 'b;1;2', 'b;x;0;A:A', 'b;1;0:;A:A', 'b;1;0;A', 'b;1;0;A:A;x'])
    assert.throws(() => parseReplay(text), /not id;seed;path;replayPath/, text);
  assert.equal(parseReplay('b;-3;0:1;AB:C'), { id: 'b', seed: -3, path: '0:1', replayPath: 'AB:C' });
});

test('the book: what is legal, and what each operation owes', () => {
  const book = new Book(SMALL);
  const enter = (op: Operation): unknown => book.enter(op);
  assert.equal(enter(init('2@4')), { from: 4, to: 8, refs: 4, callbacks: [] });
  assert.equal(enter(init('0@3', { unlock: 'none' })), { from: 3, to: 4, refs: 5, callbacks: [] });
  for (const op of [init('2@4'), init('0@7'), init('3@0'), init('1@3'), init('1@16'), init('5@0')])
    assert.not.ok(book.legal(op), JSON.stringify(op));
  for (const op of [free(5), free(8), free(3), poke(6, 0, 1, 0n), { op: 'unlock', pfn: 4 } as const])
    assert.not.ok(book.legal(op));
  assert.ok(book.legal(poke(8, 0, 1, 0n)));
  assert.equal(enter({ op: 'unlock', pfn: 3 }), { from: 3, to: 4, refs: 5, callbacks: [] });
  assert.equal(enter(free(4)), {
    from: 4,
    to: 8,
    refs: 1,
    callbacks: [{ fn: 'folio_free', pfn: 4, order: 2 }],
  });
  assert.equal(
    book.live.map(({ pfn, order, locked }) => [pfn, order, locked]),
    [[3, 0, false]],
  );
  assert.throws(() => enter(free(4)), /not legal here/);
  assert.equal(enter({ op: 'reset' }), { from: 0, to: SMALL, refs: 0, callbacks: [] });
});

test('the leaks of docs/model.md are read from its table', () => {
  const leaks = documentedLeaks();
  assert.ok(leaks.has('stale-field PG_workingset 0x200 tail1→order0'));
  assert.ok(leaks.has('stale-field zone_device_data order0→tail'));
  assert.is(leaks.size, 7);
});

test.run();
