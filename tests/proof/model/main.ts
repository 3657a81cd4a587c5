import { randomInt } from 'node:crypto';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { VARIANTS } from '../../../orchestrator/model/variants.js';
import { CiError, EXIT } from '../../../orchestrator/process/errors.js';
import type { ExitCode } from '../../../orchestrator/process/errors.js';
import { supervise } from '../../../orchestrator/process/signals.js';
import type { Supervision } from '../../../orchestrator/process/signals.js';
import { DEFAULT_MACHINE } from '../../../orchestrator/run/options.js';
import { GuestHost } from '../../../orchestrator/run/guest-host.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { announceOwner, tempDir } from '../../../orchestrator/store/temp.js';
import { buildKernel, kernelName, largestOrder, provableVariants } from './kernels.js';
import type { BuiltKernel, ProofKernel } from './kernels.js';
import { kernelLines } from './lines.js';
import { objectCode } from './object-code.js';
import { checkLayout } from './layout-check.js';
import { prove } from './prove.js';
import { scenarioSequences } from './scenarios.js';
import { GROUPS, pairSequences, randomSequence } from './sequence.js';
import type { Group, ProofStep, Sequence } from './sequence.js';
import { agrees, covers, proofDigest, readResults, writeResult } from './store.js';
import type { Extent, StoredResult } from './store.js';
import { detailsOf, kernelTable, sequenceTable } from './table.js';

/**
 * `npm run proof:model`: the model against real kernels, byte for byte. Exit code 1 where one bit of one page of one
 * step differs, a crash or hang comes that was not foretold, or a turned bit is not found.
 */
interface Flags {
  readonly variant: readonly string[];
  readonly profile: readonly string[];
  readonly config: readonly string[];
  readonly bootOption: readonly string[];
  readonly group: readonly string[];
  readonly sequences: string;
  readonly maxOrder: string;
  readonly pokes: string;
  readonly seed?: string;
  readonly replay?: string;
  readonly pages: string;
  readonly lanes: string;
  readonly out: string;
  readonly fresh: boolean;
  readonly layout: boolean;
  readonly buildOnly: boolean;
}

const DEFAULT_OUT = path.join(projectRoot(), 'results', 'proof', 'model.json');
const PROFILES = ['default', 'nodebug'];
/** A seed is printed, and typed again to replay. */
const SEEDS = 2 ** 31;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function parse(argv: readonly string[]): Flags {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const command = new Command('proof:model')
    .description('compares the reference model with real kernels, every bit of every page after every step')
    .option(
      '--variant <id>',
      'variant of the model and of the kernel, repeatable (default: all there are)',
      collect,
      [],
    )
    .option(
      '--profile <name>',
      'kernel config profile, repeatable (default: default and nodebug)',
      collect,
      [],
    )
    .option('--config <fragment>', 'kernel config fragment on top, repeatable', collect, [])
    .option('--boot-option <word>', 'argument for the kernel at boot, repeatable', collect, [])
    .option(
      '--group <name>',
      `sequences to play, repeatable: ${GROUPS.join(', ')} (default: all)`,
      collect,
      [],
    )
    .option('--sequences <n>', 'generated sequences', '500')
    .option('--pokes <n>', 'bits to turn over in the guest', '300')
    .option('--seed <n>', 'of the generated sequences and the pokes (default: drawn)')
    .option('--max-order <n>', 'leave out sequences with larger folios', '9')
    .option('--replay <id>', 'only this sequence: S2b, "9@0,4@16" or random/SEED')
    .option('--pages <n>', 'struct pages in the chunk', '1024')
    .option('--lanes <n>', 'guests at once', '2')
    .option('--out <file>', 'results as JSON, added to what is there', DEFAULT_OUT)
    .option('--fresh', 'also kernels whose result for this model is there', false)
    .option('--layout', 'also compare the layout table with pahole', false)
    .option('--build-only', 'build the kernels and stop', false)
    .exitOverride();
  return command.parse([...argv]).opts<Flags>();
}

async function sequencesOf(flags: Flags, kernel: ProofKernel, seed: number): Promise<Sequence[]> {
  const groups: readonly string[] = flags.group.length > 0 ? flags.group : GROUPS;
  const wrong = groups.find((group) => !GROUPS.includes(group as Group));
  if (wrong !== undefined) throw new CiError('usage', `no group ${wrong}: ${GROUPS.join(', ')}`);
  const { replay } = flags;
  const generated = /^random\/(\d+)$/.exec(replay ?? '')?.[1];
  if (generated !== undefined) return [randomSequence(Number(generated))];
  const all: Sequence[] = [];
  if (groups.includes('S') || replay !== undefined) all.push(...(await scenarioSequences()));
  if (groups.includes('pairs') || replay !== undefined) all.push(...pairSequences());
  if (groups.includes('random') && replay === undefined)
    for (let i = 0; i < Number(flags.sequences); i += 1) all.push(randomSequence(seed + i));
  if (replay !== undefined) return all.filter(({ id }) => id === replay);
  const largest = Math.min(Number(flags.maxOrder), largestOrder(kernel));
  return all.filter(({ steps }) => steps.every((step) => orderOf(step) <= largest));
}

/** Order of the folio that a step makes, 0 for others. */
function orderOf(step: ProofStep): number {
  const { order } = ('args' in step ? step.args : step) as { readonly order?: number };
  return order ?? 0;
}

function kernelsOf(flags: Flags): ProofKernel[] {
  const variants = flags.variant.length > 0 ? flags.variant : provableVariants();
  const unknown = variants.find((id) => VARIANTS[id] === undefined);
  if (unknown !== undefined)
    throw new CiError('usage', `no variant ${unknown}: ${Object.keys(VARIANTS).join(', ')}`);
  const profiles = flags.profile.length > 0 ? flags.profile : PROFILES;
  return variants.flatMap((variant) =>
    profiles.map((profile) => ({ variant, profile, fragments: flags.config, bootOptions: flags.bootOption })),
  );
}

function extentOf(flags: Flags, sequences: readonly Sequence[]): Extent {
  const count = (group: Group): number => sequences.filter((one) => one.group === group).length;
  const counts = { S: count('S'), pairs: count('pairs'), random: count('random') };
  return {
    sequences: counts,
    chunk: Number(flags.pages),
    pokes: counts.random > 0 ? Number(flags.pokes) : 0,
  };
}

async function proveOne(
  kernel: ProofKernel,
  built: BuiltKernel,
  host: GuestHost,
  flags: Flags,
  sequences: readonly Sequence[],
  seed: number,
  signal: AbortSignal,
): Promise<StoredResult> {
  const variant = VARIANTS[kernel.variant];
  if (variant === undefined) throw new CiError('usage', `no variant ${kernel.variant}`);
  const console = path.join(tempDir('proof'), 'console.log');
  await using booted = await host.boot(built.artifact, console, signal, {
    pages: Number(flags.pages),
    cmdline: kernel.bootOptions ?? [],
  });
  const result = await prove({
    kernel: booted,
    variant,
    lines: await kernelLines(built.gitDir, built.base, built.tree, signal),
    code: objectCode(built.artifact.vmlinux, built.artifact.module, signal),
    sequences,
    pokes: Number(flags.pokes),
    seed,
    lanes: Number(flags.lanes),
    signal,
    say,
  });
  const layout = flags.layout ? await checkLayout(kernel, built, booted, signal) : undefined;
  for (const wrong of layout?.wrong ?? []) say(`LAYOUT ${wrong}`);
  return {
    ...result,
    ...(layout === undefined ? {} : { layout }),
    kernel: kernelName(kernel),
    variant: kernel.variant,
    origin: built.origin,
    signature: built.artifact.signature,
    digest: await proofDigest(),
    seed,
    chunk: Number(flags.pages),
    date: new Date().toISOString(),
  };
}

async function body({ signal, teardown }: Supervision): Promise<ExitCode> {
  const flags = parse(process.argv);
  announceOwner();
  const kernels = kernelsOf(flags);
  const options = { machine: DEFAULT_MACHINE, accel: 'auto' as const };
  const host = await GuestHost.open(options, signal, say);
  teardown.add('guests', () => host.close());
  const digest = await proofDigest();
  const results: StoredResult[] = [];
  for (const kernel of kernels) {
    const name = kernelName(kernel);
    const logFile = path.join(tempDir('proof-build'), 'build.log');
    const built = await buildKernel(kernel, { logFile, signal, say: () => undefined });
    say(`${name}: kernel ${built.artifact.status}, ${built.artifact.signature.slice(0, 12)}`);
    if (flags.buildOnly) continue;
    const seed = flags.seed === undefined ? randomInt(SEEDS) : Number(flags.seed);
    const sequences = await sequencesOf(flags, kernel, seed);
    if (sequences.length === 0) throw new CiError('usage', 'no sequence to play');
    const wanted = {
      kernel: name,
      signature: built.artifact.signature,
      digest,
      ...extentOf(flags, sequences),
    };
    const stored = (await readResults(flags.out)).find((one) => covers(one, wanted));
    if (stored !== undefined && !flags.fresh && flags.replay === undefined) {
      say(`${name}: proved already for this kernel and model`);
      results.push(stored);
      continue;
    }
    say(`${name}: seed ${seed}`);
    const result = await proveOne(kernel, built, host, flags, sequences, seed, signal);
    say(`${name}: ${agrees(result) ? 'agrees' : 'DIFFERS'}, ${result.seconds.toFixed(0)} s`);
    results.push(result);
    if (flags.replay === undefined) await writeResult(flags.out, result);
  }
  if (flags.buildOnly) return EXIT.good;
  process.stdout.write(`${kernelTable(results)}\n\n${results.map(detailsOf).join('\n')}\n`);
  if (results.some(({ named }) => named.length > 0)) process.stdout.write(`\n${sequenceTable(results)}\n`);
  return results.every(agrees) ? EXIT.good : EXIT.bad;
}

await supervise(async (supervision) => {
  try {
    return await body(supervision);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
    throw error;
  }
});
