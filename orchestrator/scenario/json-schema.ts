import { z } from 'zod';
import { EditorScenario } from './schema.js';

/** JSON schema of scenario files for editors: completion and typo marks while writing. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(EditorScenario, { io: 'input', target: 'draft-7' }),
    title: 'Scenario of mixed-order folio operations',
  };
}
