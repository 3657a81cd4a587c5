import * as assert from 'uvu/assert';
import { Pristine } from '../../../orchestrator/model/pristine.js';
import { suite } from '../../harness/suite.js';
import { init, place } from './support.js';
import type { Operation } from '../../../orchestrator/model/index.js';

const test = suite('model/pristine');

test('the words of a folio’s own pages, whatever was asked for before', () => {
  const pristine = new Pristine(place(32));
  const folio = (text: string): Uint32Array => pristine.folio(init(text) as Operation & { op: 'init' });
  const large = folio('2@8');
  assert.equal([folio('0@8').length, folio('1@8').length, large.length], [16, 32, 64]);
  assert.equal([...folio('2@8')], [...large]);
  assert.equal([(large[0] as number) & 0xff, (large[16] as number) & 0xff], [0x40, 2]);
});

test.run();
