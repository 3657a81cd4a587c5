import * as assert from 'uvu/assert';
import * as model from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/index');

test('every variant is there under its own name, and no name is of another', () => {
  const byName = Object.entries(model).filter(([name]) => name.startsWith('VARIANT_'));
  const wanted = Object.values(model.VARIANTS).map(
    (variant) => [`VARIANT_${variant.id.toUpperCase()}`, variant] as [string, unknown],
  );
  const order = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
  assert.equal(byName.sort(order), wanted.sort(order));
});

test('nothing that is named is missing', () => {
  for (const [name, value] of Object.entries(model)) assert.ok(value !== undefined, name);
});

test.run();
