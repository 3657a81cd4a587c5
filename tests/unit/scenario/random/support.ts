import { loadSuite } from '../../../../orchestrator/scenario/suite-file.js';
import type { RandomSuite } from '../../../../orchestrator/scenario/suite-file.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';

/** The bundled suite. */
export async function randomSuite(): Promise<RandomSuite> {
  const suite = await loadSuite(projectRoot(), 'random');
  if (suite.kind !== 'random') throw new Error('suite random draws nothing');
  return suite;
}
