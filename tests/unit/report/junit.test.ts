import * as assert from 'uvu/assert';
import { run as runChild } from '../../../orchestrator/process/child.js';
import type { Told } from '../../../orchestrator/report/format.js';
import { junit } from '../../../orchestrator/report/junit.js';
import { xmlText } from '../../../orchestrator/report/xml.js';
import { suite } from '../../harness/suite.js';
import { tool } from '../../harness/tool.js';
import { context, golden, hostile, RECORDED, recorded } from './recorded.js';

const test = suite('report/junit');
const XSD = 'tests/fixtures/formats/junit.xsd';

const told: readonly (readonly [string, Told])[] = [
  ...RECORDED.map((name) => [name, recorded(name)] as const),
  ['hostile', hostile()],
];

for (const name of RECORDED) {
  test(`recorded run: ${name}`, () => {
    golden(`tests/fixtures/formats/${name}.junit.xml`, junit.render(recorded(name), context));
  });
}

for (const [name, one] of told) {
  test(`the counts of every suite are those of its cases: ${name}`, () => {
    const suites = junit.render(one, context).split('<testsuite ').slice(1);
    assert.is(suites.length, one.run.points.length);
    for (const text of suites) {
      const number = (key: string): number => Number(new RegExp(` ${key}="(\\d+)"`).exec(text)?.[1]);
      const found = (tag: string): number => text.split(`<${tag}`).length - 1;
      assert.equal(
        ['tests', 'failures', 'errors', 'skipped'].map(number),
        ['testcase', 'failure', 'error', 'skipped'].map(found),
      );
    }
  });

  test(`xmllint and the schema: ${name}`, async () => {
    const result = await runChild([tool('xmllint'), '--noout', '--nonet', '--schema', XSD, '-'], {
      what: 'xmllint',
      deadlineMs: 20_000,
      input: junit.render(one, context),
    });
    assert.is(result.exitCode, 0, result.stderr.slice(0, 2000));
  });
}

test('the schema says no to a file that is not what it demands', async () => {
  const wrong = junit.render(recorded('introduced'), context).replace(' hostname="x86_64"', '');
  const result = await runChild([tool('xmllint'), '--noout', '--nonet', '--schema', XSD, '-'], {
    what: 'xmllint',
    deadlineMs: 20_000,
    input: wrong,
  });
  assert.is.not(result.exitCode, 0);
});

test('a failure that the series introduces has its kind and its story', () => {
  const text = junit.render(recorded('introduced'), context);
  assert.match(
    text,
    /<testcase name="S2" classname="patch-2\.mixed-order" time="[\d.]+"><failure type="stale-field"/,
  );
  assert.match(text, 'written in step 1 by prep_compound_head');
});

test('what XML cannot hold is made visible', () => {
  assert.is(xmlText('a\u0000b<&>"\ufffe\ud800'), 'a\\x00b&#60;&#38;&#62;&#34;\ufffd\ufffd');
});

test.run();
