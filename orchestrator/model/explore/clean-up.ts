import type { SearchStep } from './universe.js';

/** Unlocks and frees what a sequence leaves alive, the folio made last first: what it did is in question. */
export function cleanUp(steps: readonly SearchStep[]): SearchStep[] {
  const live = new Map<number, boolean>();
  const sizes = new Map<number, number>();
  for (const op of steps)
    if (op.op === 'init') {
      live.set(op.pfn, op.unlock === 'none');
      sizes.set(op.pfn, 2 ** op.order);
    } else if (op.op === 'unlock') live.set(op.pfn, false);
    else if (op.op === 'free') live.delete(op.pfn);
    else if (op.op === 'split')
      for (let i = 0; i < (sizes.get(op.pfn) as number); i++) live.set(op.pfn + i, false);
  return [...live]
    .toReversed()
    .flatMap(([pfn, locked]): SearchStep[] => [
      ...(locked ? [{ op: 'unlock', pfn } as const] : []),
      { op: 'free', pfn },
    ]);
}
