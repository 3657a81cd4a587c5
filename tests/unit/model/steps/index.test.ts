import * as assert from 'uvu/assert';
import * as steps from '../../../../orchestrator/model/steps/index.js';
import * as compound from '../../../../orchestrator/model/steps/compound.js';
import * as free from '../../../../orchestrator/model/steps/free.js';
import * as fresh from '../../../../orchestrator/model/steps/fresh.js';
import * as pages from '../../../../orchestrator/model/steps/pages.js';
import * as step from '../../../../orchestrator/model/steps/step.js';
import * as take from '../../../../orchestrator/model/steps/take.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/steps/index');

test('every statement can be had from here, under its own name', () => {
  assert.equal({ ...steps }, { ...step, ...fresh, ...pages, ...take, ...compound, ...free });
});

test.run();
