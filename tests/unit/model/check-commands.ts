import * as fc from 'fast-check';
import type { Place, Variant } from '../../../orchestrator/model/index.js';
import { Book } from './book.js';
import { modelCommands } from './commands.js';
import type { CommandOptions } from './commands.js';
import type { Unwritten } from './leaks.js';
import { Rig } from './rig.js';

/** Environment variable: `id;seed;path;replayPath` of a failure, to see that case again and nothing else. */
export const REPLAY_VARIABLE = 'CI_MODEL_REPLAY';
/** Environment variable: how many times as many cases as usual. */
export const TIMES_VARIABLE = 'CI_MODEL_TIMES';

/** What identifies one case of one property (fast-check needs the third to find the commands that ran). */
export interface Replay {
  readonly id: string;
  readonly seed: number;
  readonly path: string;
  readonly replayPath: string;
}

/** @throws Error where the text is not what a failure prints */
export function parseReplay(text: string): Replay {
  const [id = '', seed = '', path = '', replayPath = '', ...more] = text.split(';');
  const good =
    id !== '' && /^-?\d+$/.test(seed) && /^\d+(:\d+)*$/.test(path) && /^[\w+/]*:[\w+/]*$/.test(replayPath);
  if (!good || more.length > 0)
    throw new Error(`${REPLAY_VARIABLE}: not id;seed;path;replayPath as a failure prints it: ${text}`);
  return { id, seed: Number(seed), path, replayPath };
}

/**
 * The properties to register as tests: all of them, or the one that the environment names.
 * @throws Error where there is no such property, with those that there are
 */
export function replayed<Property extends { readonly id: string }>(
  properties: readonly Property[],
  env: NodeJS.ProcessEnv = process.env,
): readonly Property[] {
  const asked = env[REPLAY_VARIABLE];
  if (asked === undefined) return properties;
  const wanted = parseReplay(asked).id;
  const found = properties.filter(({ id }) => id === wanted);
  if (found.length === 0)
    throw new Error(
      `${REPLAY_VARIABLE}: no property "${wanted}"; there are: ${properties.map(({ id }) => id).join('; ')}`,
    );
  return found;
}

/** A property: sequences of commands on a system under test, with what is known of it beside it. */
export interface Sequences<Known extends object, Real> {
  /** Names the property in a replay; no `;`. */
  readonly id: string;
  readonly commands: fc.Arbitrary<fc.Command<Known, Real>>[];
  readonly setup: () => { model: Known; real: Real };
  /** Of commands in a sequence. */
  readonly most: number;
  readonly runs: number;
}

/** A property: sequences of commands over a chunk of one kind of kernel. */
export interface CommandProperty extends CommandOptions {
  /** Names the property in a replay; no `;`. */
  readonly id: string;
  readonly variant: Variant;
  readonly place: Place;
  readonly unwritten: Unwritten;
  /** Failure keys that init may give; absent: not asked. */
  readonly leaks?: ReadonlySet<string>;
  readonly runs: number;
}

export interface Failure {
  readonly replay: string;
  /** The operations of the smallest case. */
  readonly commands: string;
  readonly error: string;
  readonly runs: number;
}

/** Runs a property, or the one case of it that `replay` names; the smallest case that fails, if one does. */
export function runSequences<Known extends object, Real>(
  property: Sequences<Known, Real>,
  replay?: Replay,
): Failure | undefined {
  const sequences = fc.commands(property.commands, {
    maxCommands: property.most,
    size: 'max',
    ...(replay && { replayPath: replay.replayPath }),
  });
  const holds = fc.property(sequences, (commands) => {
    fc.modelRun(property.setup, commands);
  });
  const details = fc.check(holds, {
    numRuns: property.runs,
    ...(replay && { seed: replay.seed, path: replay.path }),
  });
  if (!details.failed) return undefined;
  const smallest = fc.stringify(details.counterexample?.[0]);
  const [text, replayPath = ':'] = /^(.*?) \/\*replayPath="(.*)"\*\/$/s.exec(smallest)?.slice(1) ?? [];
  const error = details.errorInstance;
  return {
    replay: [property.id, details.seed, details.counterexamplePath ?? '', replayPath].join(';'),
    commands: text ?? smallest,
    error: error instanceof Error ? error.message : String(error),
    runs: details.numRuns,
  };
}

/** Sequences of a driver's operations on page metadata. */
function sequencesOf(property: CommandProperty): Sequences<Book, Rig> {
  const { id, runs, variant, place, unwritten, leaks } = property;
  return {
    id,
    runs,
    most: 40,
    commands: modelCommands(place, property),
    setup: () => ({ model: new Book(place.pages), real: new Rig(variant, place, unwritten, leaks) }),
  };
}

export const runCommands = (property: CommandProperty, replay?: Replay): Failure | undefined =>
  runSequences(sequencesOf(property), replay);

/**
 * @param suite what `npm run test:unit --` runs the property's test by
 * @throws Error with the smallest failing case and the command that shows it again
 */
export function assertSequences<Known extends object, Real>(
  property: Sequences<Known, Real>,
  suite: string,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const asked = env[REPLAY_VARIABLE];
  const times = Number(env[TIMES_VARIABLE] ?? 1);
  if (!(times > 0)) throw new Error(`${TIMES_VARIABLE}: not a number above 0`);
  const failure = runSequences(
    { ...property, runs: Math.ceil(property.runs * times) },
    asked === undefined ? undefined : parseReplay(asked),
  );
  if (failure === undefined) return;
  throw new Error(
    [
      `${property.id}, run ${failure.runs}: ${failure.error}`,
      `  after: ${failure.commands}`,
      `  again: ${REPLAY_VARIABLE}='${failure.replay}' npm run test:unit -- ${suite}`,
    ].join('\n'),
  );
}

export const assertCommands = (property: CommandProperty, env?: NodeJS.ProcessEnv): void =>
  assertSequences(sequencesOf(property), 'model/commands', env);
