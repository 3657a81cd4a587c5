import * as assert from 'uvu/assert';
import { RoleMap, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { Core } from '../../../../orchestrator/model/mapping/core.js';
import {
  lock,
  splitMapped,
  splitUnmapped,
  unlock,
} from '../../../../orchestrator/model/mapping/folio-split.js';
import { newSysFolio } from '../../../../orchestrator/model/mapping/system.js';
import { suite } from '../../../harness/suite.js';
import { freshKernel, trapOf } from '../support.js';

const test = suite('model/mapping/folio-split');

const coreOf = (): Core => new Core(freshKernel(), new RoleMap(16), VARIANT_B);

test('pieces of a system folio: one page each, at its own index, with the flags that go on', () => {
  const core = coreOf();
  const folio = newSysFolio(2);
  folio.index = 8n;
  for (const flag of ['PG_dirty', 'PG_workingset', 'PG_writeback']) folio.flags.add(flag);
  const pages = [...folio.pages];
  assert.ok(splitUnmapped(core, folio));
  assert.equal([folio.order, folio.pages.length], [0, 1]);
  assert.equal(
    pages.map((page) => [page.folio.order, page.folio.index, page.folio.refs]),
    [8n, 9n, 10n, 11n].map((index) => [0, index, 1]),
  );
  assert.equal([...(pages[3]?.folio.flags ?? [])].sort(), ['PG_dirty', 'PG_workingset']);
});

test('a folio that somebody else holds is not split, and that is counted', () => {
  const core = coreOf();
  const folio = newSysFolio(2);
  folio.refs = 2;
  assert.not.ok(splitUnmapped(core, folio));
  assert.not.ok(splitMapped(core, folio));
  assert.equal([folio.order, folio.pages.length], [2, 4]);
  assert.is(core.k.stats.mthp('split_failed', 2), 1);
});

test('a page of the chunk is locked in its flags, one of system memory has no lock', () => {
  const core = coreOf();
  lock(core, 3);
  assert.ok(core.k.flag(3, 'PG_locked'));
  unlock(core, 3);
  assert.not.ok(core.k.flag(3, 'PG_locked'));
  unlock(core, newSysFolio(0));
  assert.ok(trapOf(() => unlock(core, 3)));
});

test.run();
