import * as assert from 'uvu/assert';
import { VARIANT_B, layout73 } from '../../../../orchestrator/model/index.js';
import { standardPokes } from '../../../../orchestrator/model/explore/pokes.js';
import { suite } from '../../../harness/suite.js';
import { place, run, words } from '../support.js';

const test = suite('model/explore/pokes');

test('what each poke leaves of a fresh page: a charge, flags from bit 8 on, private, a mapcount of 0', () => {
  const pokes = standardPokes(layout73());
  const left = pokes.map((poke) => {
    const { machine } = run(VARIANT_B, [{ op: 'poke', ...poke }], place(8));
    const changed = [...Array(8).keys()].filter((page) => words(machine, page) !== FRESH);
    return `${changed.join()}: ${words(machine, poke.pfn)}`;
  });
  const wanted = [0, 1, 2, 3].flatMap((page) => [
    `${page}: c000000000002000 P 0 0 0 0 ffffffff ffff888000001000`,
    `${page}: c000000000052100 P 0 0 0 0 ffffffff 0`,
    `${page}: c000000000002000 P 0 0 0 1 ffffffff 0`,
    `${page}: c000000000002000 P 0 0 0 0 0 0`,
  ]);
  assert.equal(left, wanted);
});

const FRESH = 'c000000000002000 P 0 0 0 0 ffffffff 0';

test('a poke replaces what was there, but for the low flags', () => {
  const [charge, flags, privates, mapcount] = standardPokes(layout73()).slice(4, 8);
  const dirty = (byte: number): { op: 'poke'; pfn: number; byte: number; size: number; value: bigint } => ({
    op: 'poke',
    pfn: 1,
    byte,
    size: 8,
    value: 0xffffffffffffffffn,
  });
  const left = (poke: typeof charge, byte: number, word: number): string => {
    assert.ok(poke);
    return (
      words(run(VARIANT_B, [dirty(byte), { op: 'poke', ...poke }], place(8)).machine, 1).split(' ')[word] ??
      ''
    );
  };
  assert.is(left(charge, 56, 7), 'ffff888000001000');
  assert.is(left(flags, 0, 0), 'ffffffffff0521ff');
  assert.is(left(privates, 40, 5), '1');
  assert.is(left(mapcount, 48, 6), 'ffffffff00000000');
});

test('without MEMCG nothing is charged', () => {
  const pokes = standardPokes(layout73('mask', { MEMCG: false }));
  assert.is(pokes.length, 12);
  assert.not.ok(pokes.some(({ what }) => what.startsWith('memcg_data')));
});

test.run();
