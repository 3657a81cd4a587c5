import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from './paths.js';

const Package = z.looseObject({ version: z.string() });

/** Version of this program, as package.json has it. */
export function toolVersion(): string {
  return Package.parse(JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))).version;
}
