import * as assert from 'uvu/assert';
import { firingIn } from '../../../../orchestrator/model/index.js';
import { FLAGS } from '../../../../orchestrator/model/symptoms/flags.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/symptoms/flags');

test('every row is of page flags, and none is of two rows for one role', () => {
  const seen = new Set<string>();
  for (const { fields, roles = ['any'] } of FLAGS)
    for (const field of fields) {
      assert.match(field, /^PG_/);
      for (const role of roles) {
        assert.not.ok(seen.has(`${field} of ${role}`), `${field} of ${role}`);
        seen.add(`${field} of ${role}`);
      }
    }
});

test('nobody looks at PG_has_hwpoisoned without MEMORY_FAILURE; every other flag does something in any kernel', () => {
  const silent = FLAGS.filter((row) => firingIn(row, { MEMORY_FAILURE: false }, 1n) === undefined).map(
    ({ fields }) => fields,
  );
  assert.equal(silent, [['PG_has_hwpoisoned']]);
});

test.run();
