import { sequenceOf } from '../scenario/random/case.js';
import { selectCases } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import type { TestRecord } from '../store/records.js';

/**
 * The suites that have something to run under `--test`, with only the cases that match. Names of an upstream program's
 * tests are known only once it has run; its suite stays if a name of the form `<suite>/<fixture>.<test>` could match.
 */
export function selectSuites(suites: readonly Suite[], glob: string | undefined): Suite[] {
  if (glob === undefined) return [...suites];
  return suites.flatMap((suite): Suite[] => {
    if (suite.kind === 'kselftest') return couldMatch(suite.id, glob) ? [suite] : [];
    if (suite.kind === 'random') {
      const only = sequenceOf(suite.id, glob);
      if (only) return [{ ...suite, only }];
      // What it draws has no names yet: all of it or none.
      return selectCases([{ id: `${suite.id}/`, suite: suite.id }], glob).length > 0 ? [suite] : [];
    }
    const cases = selectCases(suite.cases, glob);
    return cases.length === 0 ? [] : [{ ...suite, cases }];
  });
}

function couldMatch(suite: string, glob: string): boolean {
  const star = glob.search(/[*[]/);
  const literal = star < 0 ? glob : glob.slice(0, star);
  const head = `${suite}/`;
  if (glob === suite || literal.startsWith(head) || (star >= 0 && head.startsWith(literal))) return true;
  // Without the suite: the harness joins fixture and test by a dot, and no name has a slash.
  return !glob.includes('/') && (star >= 0 || glob.includes('.'));
}

/**
 * What is shown of a program that ran as a whole although only some of its tests were asked for: those, and what went
 * wrong with the program itself. A splat is shown whatever it came in.
 */
export function selectRecords(records: readonly TestRecord[], glob: string | undefined): TestRecord[] {
  if (glob === undefined) return [...records];
  const asked = new Set(selectCases(records, glob));
  return records.filter(
    (test) =>
      asked.has(test) ||
      test.splats.length > 0 ||
      test.verdict === 'error' ||
      test.id === `${test.suite}/run`,
  );
}
