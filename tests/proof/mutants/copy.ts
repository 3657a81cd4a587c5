import { cpSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { scratchDir } from '../../harness/temp.js';

/** The output folder that this very program runs from. */
export const DIST = path.join(import.meta.dirname, '../../..');

/** Compiled files of the model, below orchestrator/. */
export function modelFiles(): string[] {
  return readdirSync(path.join(DIST, 'orchestrator/model'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `model/${name}`)
    .toSorted();
}

/** A copy of dist/ to change, in a folder that has what the tests read beside it. */
export class Copy {
  readonly dist: string;

  constructor() {
    const root = scratchDir('mutants');
    this.dist = path.join(root, 'dist');
    cpSync(DIST, this.dist, { recursive: true, filter: (name) => !/\.(map|tsbuildinfo)$/.test(name) });
    for (const name of readdirSync(projectRoot()))
      if (!name.startsWith('dist') && name !== '.git')
        symlinkSync(path.join(projectRoot(), name), path.join(root, name));
    writeFileSync(
      path.join(this.dist, 'tests/harness/suite.js'),
      readFileSync(path.join(this.dist, 'tests/proof/mutants/fast-suite.js')),
    );
  }

  /** @param file below orchestrator/ */
  write(file: string, text: string): void {
    writeFileSync(path.join(this.dist, 'orchestrator', file), text);
  }
}
