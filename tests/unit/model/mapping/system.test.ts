import * as assert from 'uvu/assert';
import { mapcountOf, newSysFolio } from '../../../../orchestrator/model/mapping/system.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/mapping/system');

test('a new folio is held once and mapped nowhere, its pages hold zeroes and know it', () => {
  for (const order of [0, 3]) {
    const folio = newSysFolio(order);
    assert.equal([folio.order, folio.pages.length, folio.refs, folio.entire], [order, 2 ** order, 1, 0]);
    assert.ok(folio.pages.every((page) => page.folio === folio && page.zero && !page.exclusive));
    assert.is(mapcountOf(folio), 0);
  }
});

test('mappings are those of the PMD and those of every page', () => {
  const folio = newSysFolio(2);
  folio.entire = 2;
  for (const [i, page] of folio.pages.entries()) page.mapcount = i;
  assert.is(mapcountOf(folio), 8);
});

test.run();
