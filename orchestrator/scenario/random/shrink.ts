import type { Step } from '../schema.js';
import { applyEdit, roomBelow } from './edit.js';
import type { Edit } from './edit.js';
import { simplerSteps } from './simpler.js';

export interface Shrunk {
  readonly steps: readonly Step[];
  /** From the sequence that was given to `steps`. */
  readonly path: readonly Edit[];
  /** Sequences that were tried. */
  readonly tries: number;
  /** Nothing that could be left out or made simpler is left; otherwise there was no time for more. */
  readonly done: boolean;
}

/**
 * The shortest sequence that still fails alike, as far as leaving steps out and making them simpler leads: delta debugging,
 * halves first, then ever smaller parts, down to single steps; then without user memory where the driver's own folios do as
 * well; then simpler forms of each step; and all again until nothing helps. A step that cannot be done any more goes with what it needed. No sequence is tried twice.
 * @param hints edits that are likely to be right, tried first
 * @param fails whether a sequence fails as the first one did; asked one after another
 * @param inTime asked before each try
 */
export async function shrink(
  steps: readonly Step[],
  hints: readonly Edit[],
  fails: (steps: readonly Step[]) => Promise<boolean>,
  inTime: () => boolean,
): Promise<Shrunk> {
  const tried = new Set([textOf(steps)]);
  const path: Edit[] = [];
  let now = steps;
  let tries = 0;
  let late = false;

  const accepts = async (edit: Edit): Promise<boolean> => {
    const next = applyEdit(now, edit);
    if (next === undefined || next.length === 0 || tried.has(textOf(next))) return false;
    late ||= !inTime();
    if (late) return false;
    tried.add(textOf(next));
    tries += 1;
    if (!(await fails(next))) return false;
    now = next;
    path.push(edit);
    return true;
  };

  const dropParts = async (): Promise<void> => {
    for (
      let count = Math.ceil(now.length / 2);
      count >= 1 && !late;
      count = count === 1 ? 0 : Math.ceil(count / 2)
    )
      // From the end: what comes after the failure goes at once.
      for (let at = now.length - count + 1; at >= 1; at -= count) await accepts({ kind: 'drop', at, count });
  };

  const withoutMemory = async (): Promise<void> => {
    for (let at = 1; at <= now.length && !late; at += 1) await accepts({ kind: 'own', at });
  };

  const simplify = async (): Promise<void> => {
    for (let at = 1; at <= now.length && !late; at += 1) {
      const step = now[at - 1];
      const forms = step ? simplerSteps(step).length : 0;
      for (let form = 0; form < forms; form += 1)
        if (await accepts({ kind: 'simplify', at, form })) {
          // Another step may stand here now, or this one in another form: it has its own forms.
          at -= 1;
          break;
        }
    }
  };

  for (const hint of hints) await accepts(hint);
  for (let before = -1; before !== path.length && !late;) {
    before = path.length;
    await dropParts();
    await withoutMemory();
    const by = roomBelow(now);
    if (by > 0) await accepts({ kind: 'move', by });
    await simplify();
  }
  return { steps: now, path, tries, done: !late };
}

function textOf(steps: readonly Step[]): string {
  return JSON.stringify(steps);
}
