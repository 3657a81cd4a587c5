import { countPages } from './chunk.js';
import type { Deviation, Splat } from '../store/records.js';
import { hangKey, splatKey, unfinished } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { OracleRun } from './oracle.js';
import type { Sent } from './session.js';

type Lost = ReturnType<OracleRun['lost']>;
/** Where the model has nothing to say. */
export const NOTHING_FORETOLD: Lost = { foretold: [], evidence: [] };

/** Kernel log lines or console text that a report keeps of one failure. */
const CONSOLE_KEPT = 4_000;

/** A crash, hang, loss or fault of ours in an answer; undefined where the answer can be judged. */
export function troubleOf(
  step: number,
  what: string,
  sent: Sent,
  seen: readonly Deviation[],
  foretell: () => Lost,
): Outcome | undefined {
  const base = { deviations: [...seen], durationMs: 0, misfits: [], guestUsable: false };
  if (sent.kind === 'broken')
    return { ...unfinished(`step ${step} (${what}): ${sent.why}`), deviations: [...seen] };
  if (sent.splats.length > 0) {
    const said = foretell();
    const main = mainSplat(sent.splats);
    const tail = sent.kind === 'lost' ? [`console:\n${sent.console.slice(-CONSOLE_KEPT)}`] : [];
    return {
      ...base,
      verdict: 'fail',
      kind: 'splat',
      failureKey: splatKey(main),
      reason: `step ${step} (${what}): ${main.title}`,
      splats: sent.splats,
      foretold: said.foretold,
      evidence: [...said.evidence, ...tail],
      certain: !main.corrupted,
    };
  }
  if (sent.kind === 'hang') {
    const said = foretell();
    const stack = sent.reply.stack ?? [];
    return {
      ...base,
      verdict: 'fail',
      kind: 'hang',
      failureKey: hangKey(stack),
      reason: `step ${step} (${what}): no end after ${sent.reply.waited_ms ?? '?'} ms, state ${sent.reply.state ?? '?'}, in ${hangKey(stack).slice('hang: '.length)}`,
      splats: [],
      foretold: said.foretold,
      evidence: [...said.evidence, `stack:\n${stack.join('\n')}`],
      certain: true,
    };
  }
  if (sent.kind === 'lost') {
    return {
      ...base,
      verdict: 'fail',
      kind: 'hang',
      failureKey: 'hang: the guest fell silent',
      reason: `step ${step} (${what}): ${sent.why}`,
      splats: [],
      foretold: [],
      evidence: [...foretell().evidence, `console:\n${sent.console.slice(-CONSOLE_KEPT)}`],
      certain: false,
    };
  }
  return undefined;
}

/** The first splat with frames names the failure; later ones often follow from it. */
function mainSplat(splats: readonly Splat[]): Splat {
  const main = splats.find((splat) => !splat.corrupted) ?? splats[0];
  if (!main) throw new RangeError('no splat');
  return main;
}

/** What is wrong with an answer that had to be a refusal; undefined where nothing is. */
export function refusalTrouble(
  errno: string,
  reply: { readonly ok: boolean; readonly errno?: string },
  changed: boolean,
): string | undefined {
  if (reply.ok) return `was done, it had to be refused with ${errno}`;
  if (reply.errno !== errno) return `was refused with ${reply.errno ?? 'no errno'}, expected ${errno}`;
  return changed ? `was refused with ${errno}, but struct pages changed` : undefined;
}

/** The answer without the page words, which would make the journal grow by megabytes. */
export function forJournal(sent: Sent): Record<string, unknown> {
  if (sent.kind === 'lost' || sent.kind === 'broken') return { [sent.kind]: sent.why };
  const { changed, pages: _pages, maps: _maps, cb, ...rest } = sent.reply;
  return {
    ...rest,
    ...(cb ? { cb: cb.length > 8 ? `${cb.length} callbacks` : cb } : {}),
    ...(changed ? { changed: countPages(changed), crc: changed.crc } : {}),
    ...(sent.splats.length > 0 ? { splats: sent.splats.map((splat) => splat.title) } : {}),
  };
}
