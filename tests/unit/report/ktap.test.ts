import * as assert from 'uvu/assert';
import { parseKtap } from '../../../orchestrator/ktap/parse.js';
import { ktap } from '../../../orchestrator/report/ktap.js';
import { suite } from '../../harness/suite.js';
import { counts, TOLD } from './ktap-samples.js';
import { context, golden, RECORDED, recorded } from './recorded.js';

const test = suite('report/ktap');

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    golden(`tests/fixtures/formats/${name}.ktap`, ktap.render(recorded(name), context));
  });
}

for (const [name, one] of TOLD) {
  test(`our own parser finds every test again: ${name}`, () => {
    const { results, problems } = parseKtap(ktap.render(one, context));
    assert.equal(problems, []);
    const expected = counts(one);
    const of = (...statuses: string[]): number =>
      results.filter(({ status }) => statuses.includes(status)).length;
    assert.equal(
      [of('pass'), of('fail', 'error'), of('skip'), results.length],
      [expected['passed'], expected['failed'], expected['skipped'], expected['tests']],
    );
  });
}

test.run();
