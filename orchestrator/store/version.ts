import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './paths.js';

/** Version of this program, as package.json has it. */
export function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    readonly version?: unknown;
  };
  if (typeof version === 'string') return version;
  throw new Error('package.json has no version');
}
