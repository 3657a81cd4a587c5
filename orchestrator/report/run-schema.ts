import { z } from 'zod';
import { RunRecord } from '../store/records.js';

/** JSON schema of `run.json`, for programs that read it; made from the code that writes it. */
export function runJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(RunRecord, { io: 'output', target: 'draft-2020-12' }),
    title: 'run.json of zone-device-ci',
  };
}
