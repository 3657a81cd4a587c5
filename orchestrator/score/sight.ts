import { failureInWords } from '../report/words.js';
import type { Suite } from '../scenario/suite-file.js';
import type { TestRecord } from '../store/records.js';
import { compareTests, withPoint } from '../verdict/compare.js';
import { consoleTitles, CONSOLE_PREFIX, isBoot, withConsole } from '../verdict/point-tests.js';
import type { PointFacts } from '../verdict/point-tests.js';
import type { Sight } from './record.js';

/** What our suites and upstream's made of one kernel. */
export interface Sights {
  readonly ours: Sight;
  readonly upstream: Sight;
}

/**
 * What the tests of a mutant say beside those of the kernel without it: killed by what fails for certain and did not
 * fail before. A kernel that does not boot, or complains while it does, is seen by both: nobody needs a test for that.
 */
export function sightsOf(base: PointFacts, mutant: PointFacts, suites: readonly Suite[]): Sights {
  const titles = consoleTitles([base, mutant]);
  const tests = withConsole(mutant, titles);
  const history = withPoint(new Map(), base.index, withConsole(base, titles));
  const seen = compareTests(mutant.index, tests, history);
  const ids = new Set([...seen.introduced, ...seen.unprecedented].map(({ test }) => test));
  const failed = tests.filter(({ id, verdict }) => ids.has(id) && verdict === 'fail');
  const upstream = new Set(suites.filter(({ kind }) => kind === 'kselftest').map(({ id }) => id));
  const anybody = ({ id }: TestRecord): boolean => isBoot(id) || id.startsWith(CONSOLE_PREFIX);
  return {
    ours:
      upstream.size === suites.length
        ? { verdict: 'not-run' }
        : sight(tests, failed, ({ suite }) => !upstream.has(suite)),
    upstream:
      upstream.size === 0
        ? { verdict: 'not-run' }
        : sight(tests, failed, (test) => upstream.has(test.suite) || anybody(test)),
  };
}

function sight(
  tests: readonly TestRecord[],
  failed: readonly TestRecord[],
  mine: (test: TestRecord) => boolean,
): Sight {
  const first = failed.find((test) => mine(test) && isBoot(test.id)) ?? failed.find(mine);
  if (first !== undefined) {
    return {
      verdict: 'killed',
      test: first.id,
      ...(first.kind === undefined ? {} : { kind: first.kind }),
      ...(first.failureKey === undefined ? {} : { failureKey: first.failureKey }),
      text: failureInWords(first)[0] ?? first.verdict,
    };
  }
  const error = tests.find((test) => mine(test) && test.verdict === 'error');
  if (error !== undefined)
    return { verdict: 'error', test: error.id, text: error.reason ?? 'no result, and no reason' };
  const flaky = tests.filter((test) => mine(test) && test.verdict === 'flaky');
  return {
    verdict: 'survived',
    ...(flaky.length === 0
      ? {}
      : { text: `flaky: ${flaky.map(({ id, matches, runs }) => `${id} ${matches}/${runs}`).join(', ')}` }),
  };
}
