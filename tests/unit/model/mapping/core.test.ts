import * as assert from 'uvu/assert';
import { RoleMap, VARIANT_B, layout73 } from '../../../../orchestrator/model/index.js';
import { Core } from '../../../../orchestrator/model/mapping/core.js';
import { newSysFolio } from '../../../../orchestrator/model/mapping/system.js';
import { suite } from '../../../harness/suite.js';
import { freshKernel, trapOf } from '../support.js';

const test = suite('model/mapping/core');

const coreOf = (config: Readonly<Record<string, boolean>> = {}): Core =>
  new Core(freshKernel(16, layout73('mask', config)), new RoleMap(16), VARIANT_B);

test('a word goes to its page in both halves', () => {
  const core = coreOf();
  core.put64(3, 40, 0x1122334455667788n, 'charge');
  core.put32(4, 48, -5, 'get');
  assert.equal([core.k.mem.get64(3, 40), core.int(4, 48)], [0x1122334455667788n, -5]);
});

test('references of a page of the chunk and of system memory', () => {
  const core = coreOf();
  const folio = newSysFolio(0);
  for (const one of [3, folio]) {
    const before = core.refs(one);
    core.addRefs(one, 2);
    assert.is(core.refs(one), before + 2);
  }
  assert.is(core.k.mem.get32(4, 52), 0, 'the page behind it has its own');
});

test('who holds a folio: its mappings, the caller, and the swap cache that it seems to be in', () => {
  const core = coreOf();
  const folio = newSysFolio(0);
  assert.equal([core.heldAlone(folio, 1), core.heldAlone(folio, 0)], [true, false]);
  folio.flags.add('PG_owner_priv_1');
  assert.ok(core.heldAlone(folio, 1));
  folio.flags.add('PG_swapbacked');
  assert.not.ok(core.heldAlone(folio, 1));
});

test('a charge is of all pages; of a page that has one already it is a BUG where DEBUG_VM is set', () => {
  const core = coreOf();
  core.charge(newSysFolio(2));
  core.charge(5);
  assert.is(core.k.stats.charged, 5);
  assert.is(core.k.mem.get64(5, 56), core.objcg?.value);
  assert.is(trapOf(() => core.charge(5))?.splat.line, 'mm/memcontrol.c:2881');
  const bare = coreOf({ MEMCG: false });
  bare.charge(5);
  assert.equal([bare.objcg, bare.k.stats.charged], [undefined, 0]);
});

test('a folio is queued for a split once, and not any more when it is freed', () => {
  const core = coreOf();
  const folio = newSysFolio(2);
  core.queueSplit(folio);
  core.queueSplit(folio);
  assert.equal([folio.partial, core.k.stats.mthp('split_deferred', 2)], [true, 1]);
  core.put(folio);
  assert.equal([folio.partial, folio.refs], [false, 0]);
});

test.run();
