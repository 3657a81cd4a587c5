import * as assert from 'uvu/assert';
import { ROLES } from '../../../../orchestrator/model/index.js';
import { HEADS, SMALL, TAILS } from '../../../../orchestrator/model/symptoms/where.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/symptoms/where');

test('a page in use is of a head or of a tail, never of both', () => {
  assert.equal([...HEADS, ...TAILS].sort(), ROLES.filter((role) => role !== 'fresh').sort());
  assert.ok(SMALL.every((role) => HEADS.includes(role)));
});

test.run();
