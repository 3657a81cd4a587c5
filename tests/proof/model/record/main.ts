import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { EXIT } from '../../../../orchestrator/process/errors.js';
import type { ExitCode } from '../../../../orchestrator/process/errors.js';
import { supervise } from '../../../../orchestrator/process/signals.js';
import type { Supervision } from '../../../../orchestrator/process/signals.js';
import { GuestHost } from '../../../../orchestrator/run/guest-host.js';
import { DEFAULT_MACHINE } from '../../../../orchestrator/run/options.js';
import { writeFileAtomic } from '../../../../orchestrator/store/atomic.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { announceOwner, tempDir } from '../../../../orchestrator/store/temp.js';
import type { RecordedSequence } from './recording.js';
import { buildKernel, kernelName, provableVariants } from '../kernels.js';
import { kernelLines } from '../lines.js';
import { scenarioSequences } from '../scenarios.js';
import { record } from './record.js';

/**
 * `npm run record:model`: what real kernels do in the sequences that tell variants apart, for the unit tests of the
 * model: tests/fixtures/model/guest. The model has no part in it.
 */
const FOLDER = path.join(projectRoot(), 'tests', 'fixtures', 'model', 'guest');

/** Variant w prints every page of a new folio where DEBUG_VM is set, which takes minutes for a large one. */
const MAX_ORDER: Readonly<Record<string, number>> = { 'w default': 2 };

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function body({ signal, teardown }: Supervision): Promise<ExitCode> {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const flags = new Command('record:model')
    .description('records what kernels do to struct pages, as fixtures of the unit tests')
    .option('--variant <id>', 'variant of the kernel, repeatable (default: all there are)', collect, [])
    .option('--profile <name>', 'repeatable (default: default and nodebug)', collect, [])
    .exitOverride()
    .parse(process.argv)
    .opts<{ readonly variant: readonly string[]; readonly profile: readonly string[] }>();
  announceOwner();
  await mkdir(FOLDER, { recursive: true });
  const host = await GuestHost.open({ machine: DEFAULT_MACHINE, accel: 'auto' }, signal, say);
  teardown.add('guests', () => host.close());
  for (const variant of flags.variant.length > 0 ? flags.variant : provableVariants())
    for (const profile of flags.profile.length > 0 ? flags.profile : ['default', 'nodebug']) {
      const name = kernelName({ variant, profile, fragments: [] });
      say(name);
      await recordOne(host, variant, profile, signal);
    }
  return EXIT.good;
}

async function recordOne(
  host: GuestHost,
  variant: string,
  profile: string,
  signal: AbortSignal,
): Promise<void> {
  const kernel = { variant, profile, fragments: [] };
  const logFile = path.join(tempDir('record-build'), 'build.log');
  const built = await buildKernel(kernel, { logFile, signal, say: () => undefined });
  const console = path.join(tempDir('record'), 'console.log');
  await using booted = await host.boot(built.artifact, console, signal, { pages: 1024, cmdline: [] });
  const lines = await kernelLines(built.gitDir, built.base, built.tree, signal);
  const most = MAX_ORDER[kernelName(kernel)] ?? 9;
  const sequences = (await scenarioSequences()).filter(({ steps, requires = [] }) => {
    const orders = steps.map((step) => ('args' in step ? step.args : step) as { readonly order?: number });
    return requires.length === 0 && orders.every(({ order = 0 }) => order <= most);
  });
  const { recorded, ready } = await record(booted, profile, sequences, lines, signal);
  await writeFileAtomic(
    path.join(FOLDER, `layout-${profile}.json`),
    `${JSON.stringify(ready.layout, null, 2)}\n`,
  );
  const file = path.join(FOLDER, `${variant}.jsonl`);
  const others = (await readRecorded(file)).filter((one) => one.profile !== profile);
  const all = [...others, ...recorded].sort((a, b) => a.profile.localeCompare(b.profile));
  await writeFileAtomic(
    file,
    withoutRepeated(all)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  );
}

/** A sequence that went in nodebug as in default is kept once: an absent one went as in default. */
function withoutRepeated(all: readonly RecordedSequence[]): RecordedSequence[] {
  const first = new Map<string, string>();
  return all.filter(({ sequence, steps }) => {
    const text = JSON.stringify(steps);
    const known = first.get(sequence);
    if (known === undefined) first.set(sequence, text);
    return known !== text;
  });
}

async function readRecorded(file: string): Promise<RecordedSequence[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedSequence);
}

await supervise(async (supervision) => {
  try {
    return await body(supervision);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
    throw error;
  }
});
