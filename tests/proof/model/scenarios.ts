import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expandScenario } from '../../../orchestrator/scenario/expand.js';
import { actionOf } from '../../../orchestrator/scenario/schema.js';
import { parseYaml } from '../../../orchestrator/scenario/yaml-source.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { Sequence } from './sequence.js';

/** Scenarios that tell variants apart: those of the suites, and those whose warnings no suite can take. */
const FOLDERS = ['tests/scenarios', 'tests/proof/model/sequences'];

export function sequenceFolders(): string[] {
  return FOLDERS.map((folder) => path.join(projectRoot(), folder));
}

/** Every `S<number>*.yaml` as a sequence, in the order of their numbers. Throws CiError('usage') for a wrong file. */
export async function scenarioSequences(): Promise<Sequence[]> {
  const found: { readonly id: string; readonly sequence: Sequence }[] = [];
  for (const folder of sequenceFolders()) {
    for (const name of (await readdir(folder)).filter((file) => /^S\d+[a-z]*\.yaml$/.test(file))) {
      const id = name.slice(0, -5);
      const text = await readFile(path.join(folder, name), 'utf8');
      const source = parseYaml(text, path.relative(projectRoot(), path.join(folder, name)));
      for (const one of expandScenario(source, 'S', id))
        found.push({
          id,
          sequence: {
            id: one.id.slice(2),
            group: 'S',
            steps: one.steps.map(actionOf),
            requires: one.requires.config,
          },
        });
    }
  }
  const number = (id: string): number => Number(/\d+/.exec(id)?.[0]);
  return found
    .sort((a, b) => number(a.id) - number(b.id) || a.id.localeCompare(b.id))
    .map(({ sequence }) => sequence);
}
