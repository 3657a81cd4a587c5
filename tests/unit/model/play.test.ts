import * as assert from 'uvu/assert';
import {
  Player,
  VARIANT_A,
  VARIANT_B,
  VARIANT_NOMEMCG,
  VARIANT_W,
} from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { fill, map, migrate, munmap } from './mapping/user.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/play');

test('says what a step changes, calls and takes', () => {
  const player = new Player(VARIANT_B, place());
  const made = player.apply(init('9@0'), 1);
  assert.is(made.refsMoved, 512);
  assert.equal(made.deviations, []);
  const freed = player.apply(free(0), 2);
  assert.equal([freed.refsMoved, freed.refs], [-512, 0]);
  assert.equal(freed.callbacks, [{ fn: 'folio_free', pfn: 0, order: 9 }]);
});

test('judges each step by the contract, with the step that wrote it', () => {
  const player = new Player(VARIANT_NOMEMCG, place());
  player.apply(init('9@0'), 1);
  player.apply(free(0), 2);
  const { deviations } = player.apply(init('0@1'), 3);
  const memcg = deviations.find(({ field }) => field === 'memcg_data');
  assert.equal(memcg?.writer, { step: 1, fn: 'prep_compound_head', pfn: 0, order: 9, role: 'tail1' });
  assert.is(memcg?.transition, 'tail1→order0');
  assert.match(memcg?.story ?? '', 'of the order-9 folio at page 0, written in step 1 by prep_compound_head');
});

test('ends in a hang, without a word on the contract', () => {
  const player = new Player(VARIANT_A, place());
  for (const [i, op] of [init('9@0'), free(0), init('0@0', { unlock: 'none' })].entries())
    player.apply(op, i + 1);
  const { hang, deviations } = player.apply(init('0@1'), 4);
  assert.match(hang?.why ?? '', 'waits for PG_locked of page 0');
  assert.equal(deviations, []);
  assert.throws(() => player.apply(free(0), 5));
});

test('nothing is said of the contract where a step ends in a crash, or in the page allocator', () => {
  const crashed = new Player(VARIANT_B, place());
  for (const [i, op] of [init('0@3'), poke(3, 8, 8, 0x4142434445464740n)].entries()) crashed.apply(op, i + 1);
  const { crash, deviations } = crashed.apply(free(3), 3);
  assert.equal([crash?.line, deviations], ['mm/memremap.c:448', []]);
  const lost = new Player(VARIANT_W, place());
  lost.apply(init('0@3'), 1);
  const freed = lost.apply(free(3), 2);
  assert.equal([freed.foreign?.line, freed.deviations], ['mm/folio.c:93', []]);
});

test('user memory: what was migrated keeps its writers for later steps', () => {
  const player = new Player(VARIANT_B, place());
  const steps = [[map(1)], [fill(0, 1)], [migrate([0, 1])], [munmap()], init('9@0')];
  const results = steps.map((op, i) => player.apply(op, i + 1));
  assert.is(results[2]?.migrate?.migrated, 1);
  const swapbacked = results[4]?.deviations.find(({ field }) => field === 'PG_swapbacked');
  assert.is(swapbacked?.writer?.step, 3);
  assert.is(swapbacked?.writer?.fn, 'folio_migrate_flags');
});

test.run();
