import * as assert from 'uvu/assert';
import { layout73, layout73Json } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/layout73');

test('the layout of 7.3', () => {
  const layout = layout73();
  assert.is(layout.tailEncoding, 'mask');
  assert.is(layout.at.nrPages, 56);
  assert.is(layout.at.memcgData, 56);
  assert.is(layout.at.deferredList, 16);
  assert.is(layout.tailMapping, 0xdead000000000400n);
  assert.is(layout73('pointer').tailEncoding, 'pointer');
  assert.is(layout.flags['PG_anon_exclusive'], 11);
});

test('what hangs on an option comes and goes with it', () => {
  const nomemcg = layout73('mask', { MEMCG: false });
  assert.equal([nomemcg.at.memcgData, nomemcg.at.nrPages], [undefined, undefined]);
  const profiled = layout73('mask', { MEMCG: false, SLAB_OBJ_EXT: true });
  assert.equal([profiled.at.memcgData, profiled.at.nrPages], [undefined, 56]);
  const failing = layout73('mask', { MEMORY_FAILURE: true });
  assert.equal([failing.flags['PG_hwpoison'], failing.flags['PG_has_hwpoisoned']], [21, 8]);
  assert.is(layout73().flags['PG_hwpoison'], undefined);
  assert.is(layout73('mask', { DEBUG_VM: false }).config['DEBUG_VM'], false);
});

test('each caller gets an object of its own', () => {
  delete layout73Json()['fields']?.['page.flags'];
  assert.equal(layout73Json()['fields']?.['page.flags'], [0, 8]);
});

test.run();
