import { readFile, readdir } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative } from 'node:path';

/** A path that a compiler read, as the tree has it; undefined if it lies outside the tree or in the build output. */
function inTree(path: string, cwd: string, src: string): string | undefined {
  const full = isAbsolute(path) ? normalize(path) : join(cwd, path);
  const name = relative(src, full);
  if (name === '' || name.startsWith('..') || name.startsWith('out/')) return undefined;
  return name;
}

function words(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '\\');
}

/** Files of the tree in what `gcc -M` printed. `cwd`: where the compiler ran. */
export function treeFilesOfDeps(deps: string, cwd: string, src: string): string[] {
  const found = new Set<string>();
  for (const word of words(deps)) {
    if (word.endsWith(':')) continue;
    const name = inTree(word, cwd, src);
    if (name !== undefined) found.add(name);
  }
  return [...found].sort();
}

/**
 * Files of the tree that one `.NAME.cmd` of kbuild names (scripts/basic/fixdep.c): `source_x := f` and the list
 * `deps_x := a b $(wildcard include/config/Y) …`. Pure; `out` is where make ran.
 */
export function filesOfCmd(text: string, out: string, src: string): string[] {
  const found: string[] = [];
  const joined = text.replaceAll('\\\n', ' ');
  for (const line of joined.split('\n')) {
    const [, list] = /^(?:source|deps|deps_config)(?:_\S+)? := (.*)$/.exec(line.trim()) ?? [];
    for (const word of words(list?.replaceAll(/\$\([^)]*\)/g, ' ') ?? '')) {
      const name = inTree(word, out, src);
      if (name !== undefined) found.push(name);
    }
  }
  return found;
}

/** The folder that the relative names of a list start from: Kconfig and the tools' makefiles run in the source. */
function baseOf(path: string, out: string, src: string): string {
  if (path === 'include/config/auto.conf.cmd') return src;
  const tool = /^tools\/\w+/.exec(path);
  return tool === null ? out : join(src, tool[0]);
}

/** Every ancestor folder of a path, the tree's root (empty) included. */
function folders(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/')).concat('');
}

/**
 * Every file of the tree that the build read: what compilers and Kconfig read, by kbuild's own lists in `out`, and the
 * makefiles of the folders that something was compiled in.
 */
export async function readSources(out: string, src: string): Promise<Set<string>> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const lists = entries.filter(
    (entry) =>
      entry.isFile() &&
      entry.name.endsWith('.cmd') &&
      (entry.name.startsWith('.') || entry.name === 'auto.conf.cmd'),
  );
  const found = new Set<string>();
  for (const entry of lists) {
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
    const path = relative(out, join(entry.parentPath, entry.name));
    for (const name of filesOfCmd(text, baseOf(path, out, src), src)) found.add(name);
  }
  const dirs = new Set([...found].flatMap(folders));
  for (const dir of dirs) {
    for (const name of ['Makefile', 'Kbuild']) found.add(dir === '' ? name : `${dir}/${name}`);
  }
  for (const name of await readdir(join(src, 'scripts')).catch(() => [])) {
    if (/^(Makefile\.|Kbuild\.include$|Kconfig\.include$|.*\.sh$|.*\.lds$)/.test(name))
      found.add(`scripts/${name}`);
  }
  return found;
}
