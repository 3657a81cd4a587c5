import type { Symptom } from '../../../../orchestrator/model/index.js';

/** The lines of a row in short: `needs OPTION:`, then `OPTION: line / line without it`, or the line of any kernel. */
export function linesOf(symptom: Symptom | undefined): string {
  if (!symptom) return 'silent';
  const { needs, checked, otherwise } = symptom;
  const lines = checked
    ? `${checked.config}: ${checked.line}${otherwise ? ` / ${otherwise.line}` : ''}`
    : (otherwise?.line ?? '');
  return needs === undefined ? lines : `needs ${needs}: ${lines}`;
}
