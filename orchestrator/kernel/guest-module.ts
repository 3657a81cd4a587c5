import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { hashFiles, sha256 } from '../store/hash.js';
import { projectRoot } from '../store/paths.js';
import { buildError, buildOutput, findBuildFailure } from './build-log.js';
import { runMake, type Make } from './make.js';

export const MODULE_NAME = 'zdplace.ko';

/** Where the sources of the guest module are. */
export function moduleSourceDir(): string {
  return join(projectRoot(), 'guests', 'module');
}

const SOURCE = /(^Kbuild|^Makefile|\.[chS]|\.sh|\.list)$/;

async function sourceNames(from: string): Promise<string[]> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Hash of the module's sources; another one means another module. */
export async function moduleHash(from = moduleSourceDir()): Promise<string> {
  const names = await sourceNames(from);
  if (names.length === 0) return sha256('no module');
  return hashFiles(
    names.map((name) => join(from, name)),
    from,
  );
}

/** Copies sources whose content differs, so that an unchanged module is not compiled again. */
async function copySources(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const manifest = join(to, '.copied');
  const before = (await readFile(manifest, 'utf8').catch(() => '')).split('\n');
  const names = await sourceNames(from);
  for (const gone of before)
    if (gone !== '' && !names.includes(gone)) await rm(join(to, gone), { force: true });
  for (const name of names) {
    const text = await readFile(join(from, name));
    const present = await readFile(join(to, name)).catch(() => undefined);
    if (present === undefined || !present.equals(text)) await cp(join(from, name), join(to, name));
  }
  await writeFile(manifest, names.join('\n'));
}

export type ModuleBuild = { readonly ko: string } | { readonly error: string };

/**
 * Builds the guest module against the kernel that was just built. A module that does not compile is a result (the
 * tree's API moved), not an exception; a killed compiler or a full disk is CiError('infra').
 */
export async function buildModule(make: Make, from = moduleSourceDir()): Promise<ModuleBuild> {
  const { module } = make.dir;
  if ((await sourceNames(from)).length === 0) return { error: `there is no module source in ${from}` };
  await copySources(from, module);
  await rm(join(module, MODULE_NAME), { force: true });
  make.progress?.('guest module');
  const result = await runMake(make, [`M=${module}`, 'modules'], 'make of the guest module');
  if (result.exitCode === 0) {
    const ko = join(module, MODULE_NAME);
    const made = await readdir(module);
    return made.includes(MODULE_NAME) ? { ko } : { error: `make made no ${MODULE_NAME}` };
  }
  const failure = findBuildFailure(buildOutput(result), make.dir.src);
  if (failure.kind === 'error') return { error: failure.line.replaceAll(`${module}/`, '') };
  const error = buildError(failure, 'the guest module', make.logFile);
  if (error instanceof CiError && error.fault === 'infra') throw error;
  return { error: error.message };
}
