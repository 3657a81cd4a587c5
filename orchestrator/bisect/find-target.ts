import type { RunContext } from '../run/context.js';
import { testKernel } from '../run/test-kernel.js';
import type { TestRecord } from '../store/records.js';
import { chooseFailure } from './discover.js';
import type { Found } from './discover.js';
import type { BisectEvent } from './events.js';
import { placeInWords } from './ground.js';
import type { Ground } from './ground.js';
import type { KernelLab } from './kernel-lab.js';
import { after } from './known.js';
import type { Known } from './known.js';
import type { BisectOptions } from './options.js';
import { rateOf } from './rate.js';
import type { Searched } from './search.js';
import { newEnd } from './state.js';
import type { Place } from './types.js';

interface FindOptions {
  readonly ground: Ground;
  readonly lab: KernelLab;
  readonly context: RunContext;
  readonly profile: string;
  readonly fix: boolean;
  /** Pattern of `--failure`. */
  readonly failure?: string;
  readonly append: (event: BisectEvent) => void;
  readonly note: (text: string) => void;
}

/**
 * The failure to look for, where the user has named no test: all suites run once at the end that fails, and if something
 * fails there at the other end, too. Results of earlier runs of the same kernels are taken over.
 */
async function findTarget(options: FindOptions): Promise<Found | undefined> {
  const { ground, fix, failure } = options;
  const oldEnd: Place = { kind: 'commit', commit: 0 };
  const last: Place = { kind: 'commit', commit: newEnd(ground.history) };
  const [failing, clean] = fix ? [oldEnd, last] : [last, oldEnd];
  const shown = await testsAt(failing, options);
  if (chooseFailure(shown, [], failure) === undefined) return undefined;
  return chooseFailure(shown, await testsAt(clean, options), failure);
}

async function testsAt(at: Place, options: FindOptions): Promise<readonly TestRecord[]> {
  const { lab, ground, context, profile, append, note } = options;
  const began = Date.now();
  const where = placeInWords(at, ground.names);
  const built = await lab.build(at, context.signal);
  const waitedMs = Date.now() - began;
  if ('untestable' in built) {
    append({ t: Date.now(), type: 'untestable', at, why: built.untestable, ms: built.ms });
    return [];
  }
  const { status, signature, ms } = built;
  append({ t: Date.now(), type: 'built', at, status, signature, ms, ahead: false });
  note(`${where}: which tests fail?`);
  const artifact = await lab.artifact(at);
  const number = at.kind === 'commit' ? at.commit : 0;
  const { tests } = await testKernel(artifact, number, profile, context, () => undefined);
  append({ t: Date.now(), type: 'batch', waitedMs, testMs: Date.now() - began - waitedMs });
  const failed = tests.filter(({ verdict }) => verdict === 'fail' || verdict === 'flaky').length;
  note(`${where}: ${failed} of ${tests.length} tests fail`);
  return tests;
}

/** With the failure to look for, where the user has named no test and nobody has found it yet. */
export async function withTarget(
  known: Known,
  { test, failure, profile, fix }: BisectOptions,
  bench: {
    readonly ground: Ground;
    readonly lab: KernelLab;
    readonly context: RunContext;
    readonly append: (event: BisectEvent) => void;
    readonly note: (text: string) => void;
  },
): Promise<Known> {
  if (test !== undefined || known.target !== undefined) return known;
  let now = known;
  const append = (event: BisectEvent): void => {
    bench.append(event);
    now = after(now, event);
  };
  const found = await findTarget({
    ...bench,
    append,
    profile,
    fix,
    ...(failure === undefined ? {} : { failure }),
  });
  if (found !== undefined) {
    const { target, record } = found;
    const foundBy = failure === undefined ? 'fails at the one end and not at the other' : '--failure';
    append({ t: Date.now(), type: 'target', target, foundBy, record });
  }
  return now;
}

/** The answer where no test is known to fail: running all of them again and again would not be what anybody wants. */
export function nothingFails(known: Known, { test, suites, fix }: BisectOptions): Searched | undefined {
  const { state, target } = known;
  const lost = state.tallies.some(({ untestable }) => untestable !== undefined);
  if (test !== undefined || target !== undefined || lost) return undefined;
  const end = fix ? 'old' : 'new';
  const why = `no test of ${suites.join(', ')} fails at the ${end} end; name one that fails now and then with --test`;
  const none = rateOf(0, 0);
  const answer = { commits: [], posterior: 0, endRate: none, rate: none, checks: [], why };
  return { known, answer: { ...answer, verdict: 'not reproduced' } };
}
