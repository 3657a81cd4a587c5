import * as assert from 'uvu/assert';
import { inFlowStyle } from '../../../orchestrator/scenario/words.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/words');

test('as YAML has it on one line', () => {
  assert.is(
    inFlowStyle({ pfn: 0, to: [{ page: 1 }], thp: true, zdd: '0x1' }),
    '{ pfn: 0, to: [{ page: 1 }], thp: true, zdd: 0x1 }',
  );
  assert.is(inFlowStyle({}), '{}');
  assert.is(inFlowStyle([]), '[]');
});

test.run();
