import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { sha256 } from '../store/hash.js';
import { buildError, buildOutput, findBuildFailure } from './build-log.js';
import { missingOptions, parseDotConfig, renderOptions, type WantedOption } from './fragment.js';
import { git } from './git.js';
import { explainMissing, findDefinitions, type SymbolDefinition } from './kconfig-symbol.js';
import { runMake, type Make } from './make.js';

export interface KernelConfig {
  readonly file: string;
  /** Over the options, without the header that names the kernel version. */
  readonly hash: string;
  /** Optional options that this tree could not give. */
  readonly absent: readonly string[];
}

/** Hash of the option lines of a .config; comments hold the version and nothing else of use. Pure. */
export function configHash(dotConfig: string): string {
  return sha256(
    ...dotConfig
      .split('\n')
      .filter((line) => line.startsWith('CONFIG_') || line.endsWith(' is not set'))
      .map((line) => line.trim()),
  );
}

/** Hash over all that the configuration is made from. */
async function kconfigState(make: Make, gitDir: string, tree: string, wanted: string): Promise<string> {
  const listed = await git({ gitDir }, ['ls-tree', '-r', '-z', tree], { signal: make.signal });
  const read = listed
    .split('\0')
    .filter((entry) => /\t(Makefile|(.*\/)?Kconfig[^/]*|scripts\/(kconfig\/.*|[^/]*\.sh))$/.test(entry));
  const { compiler, linker } = make.toolchain;
  return sha256(wanted, compiler, linker, JSON.stringify(make.options), read.join('\n'));
}

async function definitionsOf(
  src: string,
  names: readonly string[],
): Promise<Map<string, SymbolDefinition[]>> {
  const pattern = `^[[:space:]]*(menu)?config (${names.map((name) => name.replace(/^CONFIG_/, '')).join('|')})[[:space:]]*$`;
  const listed = await run(['grep', '-rlE', '--include=Kconfig*', pattern, '.'], {
    what: 'the search for Kconfig definitions',
    deadlineMs: 120_000,
    cwd: src,
  });
  const found = new Map<string, SymbolDefinition[]>();
  for (const file of listed.stdout.split('\n').filter((line) => line !== '')) {
    const path = file.replace(/^\.\//, '');
    const text = await readFile(join(src, path), 'utf8');
    for (const name of names) {
      const definitions = findDefinitions(text, path, name.replace(/^CONFIG_/, ''));
      found.set(name, [...(found.get(name) ?? []), ...definitions]);
    }
  }
  return found;
}

async function missingError(
  src: string,
  missing: readonly WantedOption[],
  config: ReadonlyMap<string, string>,
): Promise<CiError> {
  const definitions = await definitionsOf(
    src,
    missing.map((option) => option.name),
  );
  const lines = missing.map(({ name, value, file, line }) => {
    const found = config.get(name) ?? 'n';
    const why = explainMissing(name, definitions.get(name) ?? [], config);
    return `${file}:${line}: ${name}=${value} is wanted, but this tree gives ${found}: ${why}`;
  });
  const [first] = missing;
  return new CiError(
    'build',
    `the kernel configuration does not have ${missing.map((option) => option.name).join(', ')} as wanted`,
    {
      where: `${first?.file}:${first?.line}`,
      detail: lines.join('\n'),
      remedy: 'Add what it depends on, or mark the line `# optional: reason`.',
    },
  );
}

/**
 * Makes `.config`: what `wanted` names, and everything else off whatever its default is (`allnoconfig` with
 * KCONFIG_ALLCONFIG). Not run again while nothing that it reads has changed. Throws CiError('build') naming each wanted
 * option that the tree does not give, with file:line of the fragment and what it probably lacks.
 */
export async function configureKernel(
  make: Make,
  gitDir: string,
  tree: string,
  wanted: readonly WantedOption[],
): Promise<KernelConfig> {
  const { dir } = make;
  const file = join(dir.out, '.config');
  const stampFile = join(dir.dir, 'config-stamp');
  const merged = renderOptions(wanted);
  const state = await kconfigState(make, gitDir, tree, merged);
  const stamp = await readFile(stampFile, 'utf8').catch(() => '');
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === undefined || stamp !== `${state} ${sha256(present)}`) {
    const allConfig = join(dir.dir, 'wanted.config');
    await rm(stampFile, { force: true });
    await writeFile(allConfig, merged);
    make.progress?.('configuration');
    const result = await runMake(make, [`KCONFIG_ALLCONFIG=${allConfig}`, 'allnoconfig'], 'make allnoconfig');
    if (result.exitCode !== 0) {
      const failure = findBuildFailure(buildOutput(result), dir.src);
      throw buildError(failure, 'the kernel configuration', make.logFile);
    }
  }
  const text = await readFile(file, 'utf8');
  const config = parseDotConfig(text);
  const missing = missingOptions(wanted, config);
  const required = missing.filter((option) => !option.optional);
  if (required.length > 0) throw await missingError(dir.src, required, config);
  await writeFile(stampFile, `${state} ${sha256(text)}`);
  return {
    file,
    hash: configHash(text),
    absent: missing.map((option) => option.name),
  };
}
