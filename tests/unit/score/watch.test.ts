import * as assert from 'uvu/assert';
import { Watch } from '../../../orchestrator/score/watch.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { record } from './support.js';

const test = suite('score/watch');

test('times count from the start of the tests of the point, each side by its last word', () => {
  const watch = new Watch(['hmm-tests']);
  const end = (t: number, point: number, one: TestRecord): void =>
    watch.note({ t, type: 'test-end', point, test: one });
  end(5, 1, record('mixed-order/early', 'pass'));
  watch.note({ t: 100, type: 'station', name: 'test', phase: 'start', point: 1 });
  end(110, 1, record('mixed-order/a', 'pass'));
  end(130, 1, record('mixed-order/b', 'fail'));
  end(190, 1, record('mixed-order/c', 'skip'));
  end(170, 1, record('hmm-tests/a', 'pass'));
  end(180, 1, record('hmm-tests/b', 'pass', { reused: true }));
  assert.equal([watch.oursMs(1), watch.upstreamMs(1)], [30, 70]);
  assert.equal([watch.oursMs(2), watch.upstreamMs(2)], [undefined, undefined]);
});

test.run();
