import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { projectRoot } from '../store/paths.js';
import { mergeOptions, parseFragment, type WantedOption } from './fragment.js';

const Objects = z.strictObject({
  /** On top of those of the profile. */
  fragments: z.array(z.string()),
  /** Targets of kbuild, one for each C file. */
  files: z.array(z.string().regex(/^[\w./-]+\.o$/)).min(1),
});
const Profile = z.strictObject({
  description: z.string(),
  fragments: z.array(z.string()).min(1),
  /** Compiled beside the kernel, and no part of it. */
  objects: Objects.optional(),
});
const Profiles = z.record(z.string(), Profile);
export type Profiles = z.infer<typeof Profiles>;

function kconfigDir(): string {
  return join(projectRoot(), 'kconfigs');
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CiError('usage', `cannot read ${what}: ${(error as Error).message}`, {
      where: file,
      cause: error,
    });
  }
}

/** Parses profiles.yaml. Throws CiError('usage') with file:line:column. */
export function parseProfiles(text: string, file: string): Profiles {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (error !== undefined) throw new CiError('usage', error.message, { where: at(error.pos[0]) });
  const parsed = Profiles.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const node: unknown = document.getIn(issue?.path ?? [], true);
  const range =
    typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
      ? node.range
      : [0];
  throw new CiError('usage', `${issue?.path.join('.')}: ${issue?.message}`, { where: at(Number(range[0])) });
}

/** All profiles of kconfigs/profiles.yaml. */
export async function loadProfiles(dir = kconfigDir()): Promise<Profiles> {
  const file = join(dir, 'profiles.yaml');
  return parseProfiles(await readText(file, 'the kconfig profiles'), relative(projectRoot(), file));
}

/** A profile by its name. Throws CiError('usage') for an unknown one, naming those there are. */
async function chosenProfile(profile: string, dir: string): Promise<Profiles[string]> {
  const profiles = await loadProfiles(dir);
  const chosen = profiles[profile];
  if (chosen !== undefined) return chosen;
  throw new CiError('usage', `unknown profile \`${profile}\``, {
    remedy: `Profiles: ${Object.keys(profiles).join(', ')}.`,
  });
}

async function mergedFragments(
  bundled: readonly string[],
  userFragments: readonly string[],
  dir: string,
): Promise<WantedOption[]> {
  const options: WantedOption[] = [];
  for (const name of bundled) {
    const file = join(dir, `${name}.config`);
    options.push(...parseFragment(await readText(file, `fragment ${name}`), relative(projectRoot(), file)));
  }
  for (const file of userFragments) {
    options.push(...parseFragment(await readText(resolve(file), 'the fragment of --config'), file));
  }
  return mergeOptions(options);
}

/**
 * The options of a profile with the user's fragments on top (paths as the user gave them). Throws CiError('usage') for
 * an unknown profile, naming those there are, and for a fragment that is missing or malformed.
 */
export async function wantedOptions(
  profile: string,
  userFragments: readonly string[],
  dir = kconfigDir(),
): Promise<WantedOption[]> {
  const chosen = await chosenProfile(profile, dir);
  return mergedFragments(chosen.fragments, userFragments, dir);
}

/**
 * The single objects that a profile compiles beside its kernel, and the options that they take; undefined where it has
 * none. Throws as wantedOptions() does.
 */
export async function wantedObjects(
  profile: string,
  userFragments: readonly string[],
  dir = kconfigDir(),
): Promise<{ readonly wanted: WantedOption[]; readonly files: readonly string[] } | undefined> {
  const { fragments, objects } = await chosenProfile(profile, dir);
  if (objects === undefined) return undefined;
  const wanted = await mergedFragments([...fragments, ...objects.fragments], userFragments, dir);
  return { wanted, files: objects.files };
}

/** Names of the bundled fragments, without the extension. */
export async function bundledFragments(dir = kconfigDir()): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.config')).map((name) => name.slice(0, -7));
}
