import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioJsonSchema } from '../../../orchestrator/scenario/json-schema.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

// Run by hand after a change of the schema; the test beside it says when.
const file = join(projectRoot(), 'tests', 'scenarios', 'schema.json');
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
