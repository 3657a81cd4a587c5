import { FolioReader } from '../../model/explore/living-folios.js';
import { RoleHistory } from '../../model/explore/role-history.js';
import type { FolioChange } from '../../model/explore/role-history.js';
import { placeOf } from '../../scenario/model-oracle.js';
import type { Callback, ReadyHello, Request } from '../../scenario/protocol.js';
import type { ScenarioOptions } from '../../scenario/run-scenario.js';
import type { Tally } from './tally.js';

/**
 * Looks at the struct pages after every answer of a guest, and at the driver's calls that came with it, and notes which
 * roles the pages went through. What a case wrote into struct pages itself, or had made against the rules, proves nothing: from
 * there on it is not watched.
 */
export function scenarioWatch(tally: Tally): NonNullable<ScenarioOptions['watch']> {
  const readers = new WeakMap<ReadyHello, FolioReader>();
  return (test, hello) => {
    const reader = readers.get(hello) ?? new FolioReader(placeOf(hello));
    readers.set(hello, reader);
    const history = new RoleHistory((transition) => tally.note(transition, test.id));
    let proves = true;
    return (request, reply, bytes) => {
      proves &&= !isForced(request);
      if (!proves) return;
      const { uncertain, contradictions } = history;
      const callbacks = (reply.cb ?? []).filter(({ pfn }) => pfn < hello.chunk.pages);
      history.step(changesOf(callbacks), reader.read(bytes));
      tally.uncertain += history.uncertain - uncertain;
      tally.contradictions += history.contradictions - contradictions;
    };
  };
}

function isForced(request: Request): boolean {
  return request.op === 'poke' || request['unsafe'] === true;
}

/** What the driver's calls say of folios, in order. */
export function changesOf(callbacks: readonly Callback[]): FolioChange[] {
  return callbacks.flatMap(({ fn, pfn, order, tail }): FolioChange[] => {
    if (fn === 'folio_free') return [{ kind: 'died', pfn, order }];
    // The last call of a split is for the head itself and names no new folio.
    return fn === 'folio_split' ? [{ kind: 'split', pfn: tail ?? pfn }] : [];
  });
}
