import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** The folders of orchestrator/, from the top layer to the bottom; what stands together may not import each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ['cli'],
  ['bisect', 'score'],
  ['report'],
  ['run'],
  ['verdict'],
  ['scenario'],
  ['series', 'kernel', 'guest'],
  ['model', 'ktap', 'splat'],
  ['store'],
  ['process'],
];

/** Folders that import nothing at all: no other folder, no package, no part of Node. */
const ALONE: readonly string[] = ['model'];

export interface Import {
  /** File below orchestrator/, for example `run/plan.ts`. */
  readonly from: string;
  /** File below orchestrator/, or a package or part of Node as it is written. */
  readonly to: string;
}

/** Module names in a source text, of static and dynamic imports and of re-exports. */
export function importsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const pattern =
    /(?:^|[;}\s])(?:import|export)\s[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[;}\s])import\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

/** Every import of every TypeScript file below `root` (the folder orchestrator/). */
export function readImports(root: string): Import[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((from) =>
    importsOf(readFileSync(join(root, from), 'utf8')).map((name) => ({
      from,
      to: name.startsWith('.')
        ? relative(root, resolve(root, dirname(from), name)).replace(/\.js$/, '.ts')
        : name,
    })),
  );
}

function levelOf(folder: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folder));
}

function problem({ from, to }: Import, isFile: (name: string) => boolean): string | undefined {
  const folder = from.split('/')[0] ?? '';
  if (levelOf(folder) < 0) return `${from}: the folder ${folder} has no layer`;
  const inside = to.startsWith('..') || isFile(to);
  if (!inside)
    return ALONE.includes(folder) ? `${from}: ${folder} imports nothing, but imports ${to}` : undefined;
  const target = to.split('/')[0] ?? '';
  if (target === folder) return undefined;
  if (levelOf(target) < 0) return `${from}: imports ${to}, which is outside the layers`;
  if (ALONE.includes(folder)) return `${from}: ${folder} imports nothing, but imports ${to}`;
  return levelOf(target) > levelOf(folder)
    ? undefined
    : `${from}: ${folder} must not import ${target} (${to})`;
}

/** The imports that the order of the layers does not allow, one line each. */
export function checkLayers(imports: readonly Import[]): string[] {
  const isFile = (name: string): boolean => name.endsWith('.ts') && name.includes('/');
  return imports.flatMap((edge) => problem(edge, isFile) ?? []);
}
