import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findTests, withSource } from '../../harness/runner.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

/** The output folder that this very program runs from. */
export const DIST = path.join(import.meta.dirname, '../../..');

/** Compiled files of the model, below orchestrator/. */
export function modelFiles(): string[] {
  const folder = path.join(DIST, 'orchestrator/model');
  const compiled = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.join(folder, name));
  return withSource(compiled, DIST, projectRoot())
    .map((file) => path.relative(path.join(DIST, 'orchestrator'), file))
    .toSorted();
}

/** Unit tests of the model, below dist/. */
export function modelTests(): string[] {
  const folder = path.join(DIST, 'tests/unit/model');
  return withSource(findTests(folder), DIST, projectRoot()).map((file) => path.relative(DIST, file));
}

/** @param file below orchestrator/ */
export function modelText(file: string): string {
  return readFileSync(path.join(DIST, 'orchestrator', file), 'utf8');
}
