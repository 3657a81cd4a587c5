import { loadProfiles } from '../kernel/profiles.js';
import { scenarioOf } from '../report/words.js';
import { loadSuite, suiteNames } from '../scenario/suite-file.js';
import { projectRoot } from '../store/paths.js';

/** Names that options and arguments take and that no folder lists, by the name of the option or argument. */
export type KnownNames = Readonly<Record<string, readonly string[]>>;

/** Profiles, and the scenarios of all suites as tests are named: `mixed-order/S2`. */
export async function knownNames(root = projectRoot()): Promise<KnownNames> {
  const suites = await Promise.all((await suiteNames(root)).map((name) => loadSuite(root, name)));
  const cases = suites.flatMap((suite) => (suite.kind === 'scenarios' ? suite.cases : []));
  return {
    profile: Object.keys(await loadProfiles()),
    test: [...new Set(cases.map(({ id }) => scenarioOf(id)))].toSorted(),
  };
}
