import { EXIT } from '../process/errors.js';
import { toolVersion } from '../store/version.js';
import { bisectLog } from './bisect-log.js';
import { costOf } from './cost.js';
import type { BisectEvent } from './events.js';
import { placeInWords } from './ground.js';
import type { Ground } from './ground.js';
import type { Known } from './known.js';
import type { BisectOptions } from './options.js';
import { posterior } from './posterior.js';
import type { BisectRecord } from './record.js';
import { tallyOf } from './state.js';
import { isTarget, keysOf } from './target.js';
import type { Answer, Tally } from './types.js';

export interface SummaryOptions {
  readonly id: string;
  readonly ground: Pick<Ground, 'kind' | 'title' | 'names' | 'replayIn' | 'notes' | 'history'>;
  readonly options: BisectOptions;
  readonly machine: BisectRecord['machine'];
  readonly events: readonly BisectEvent[];
  readonly processors: number;
  readonly now: number;
  /** Of a search between configurations: lines of a fragment. */
  readonly moved?: readonly string[];
}

/**
 * 0 where a culprit passed its checks (that it could not be dropped is no failure), 125 where less can be said, 128
 * where the trouble was ours.
 */
export function exitCodeOfAnswer({ verdict, checks }: Answer): number {
  if (verdict === 'infra') return EXIT.infra;
  const passed = checks.every(
    ({ name, result }) => result === 'pass' || (name === 'cure' && result === 'could not'),
  );
  return verdict === 'culprit' && checks.length > 0 && passed ? EXIT.good : EXIT.cannotTell;
}

/** The answer with everything that led to it. Pure. */
export function summaryOf(answer: Answer, known: Known, about: SummaryOptions): BisectRecord {
  const { ground, options, events } = about;
  const { state, target, foundBy, record, others } = known;
  const { of } = posterior(state);
  const culprits = [...answer.commits];
  const points = ground.history.commits.map(({ id, parents }, number) => {
    const { label, subject, author, messageId } = ground.names[number] ?? { label: id, subject: '' };
    return {
      number,
      commit: id,
      label,
      subject,
      ...(author === undefined ? {} : { author }),
      ...(messageId === undefined ? {} : { messageId }),
      parents: [...parents],
      posterior: of[number] ?? 0,
      ...countsOf(tallyOf(state, { kind: 'commit', commit: number })),
    };
  });
  const change = options.fix ? ('fixed' as const) : ('introduced' as const);
  const { verdict, why, endRate, rate } = answer;
  return {
    schemaVersion: 1,
    toolVersion: toolVersion(),
    id: about.id,
    startedAt: new Date(events[0]?.t ?? about.now).toISOString(),
    finishedAt: new Date(about.now).toISOString(),
    change,
    kind: ground.kind,
    title: ground.title,
    profile: options.profile,
    machine: about.machine,
    ...(target === undefined ? {} : { target }),
    ...(foundBy === undefined ? {} : { foundBy }),
    ...(record === undefined ? {} : { failure: record }),
    verdict,
    ...(why === undefined ? {} : { why }),
    exitCode: exitCodeOfAnswer(answer),
    culprits,
    ...(about.moved === undefined ? {} : { moved: [...about.moved] }),
    posterior: answer.posterior,
    endRate,
    rate,
    checks: answer.checks.map((check) => ({
      ...check,
      at: check.at.map((place) => placeInWords(place, ground.names)),
    })),
    points,
    without: state.tallies.flatMap((tally) =>
      tally.at.kind === 'commit'
        ? []
        : [
            {
              commits: [...tally.at.commits],
              label: placeInWords(tally.at, ground.names),
              ...countsOf(tally),
            },
          ],
    ),
    others: others.filter(
      (other) => target === undefined || !isTarget({ test: other.id, keys: keysOf(other) }, target),
    ),
    cost: costOf(events, about.processors, about.now),
    gitBisectLog: ground.kind === 'config' ? '' : bisectLog({ points, culprits, change, verdict }),
    replayIn: ground.replayIn,
    notes: [...ground.notes],
  };
}

function countsOf({ match, pass, other, infra, untestable, signature }: Tally): {
  match: number;
  pass: number;
  other: number;
  infra: number;
  untestable?: string;
  kernelSignature?: string;
} {
  return {
    match,
    pass,
    other,
    infra,
    ...(untestable === undefined ? {} : { untestable }),
    ...(signature === undefined ? {} : { kernelSignature: signature }),
  };
}
