import { CiError } from '../process/errors.js';
import { fileAt, gitMay } from './git.js';
import { findDefinitions, symbolsIn } from './kconfig-symbol.js';

/**
 * Which of some options the Kconfig files of a tree name in the conditions of another of them. Only `depends on` and enclosing
 * `if` blocks of its own file count: what a menu or a `select` asks for is not seen.
 * @param names with the prefix: `CONFIG_DEBUG_VM`
 */
export async function dependenciesIn(
  gitDir: string,
  tree: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ReadonlySet<string>>> {
  const bare = names.map((name) => name.replace(/^CONFIG_/, ''));
  const pattern = `^[[:space:]]*(menu)?config (${bare.join('|')})[[:space:]]*$`;
  const listed = await gitMay({ gitDir }, ['grep', '-lE', pattern, tree, '--', '*Kconfig*'], { signal });
  // 1: nothing matches.
  if (listed.exitCode !== 0 && listed.exitCode !== 1)
    throw new CiError('infra', 'git cannot search the Kconfig files', { detail: listed.stderr });
  const found = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  for (const line of listed.stdout.split('\n').filter((one) => one !== '')) {
    const path = line.slice(tree.length + 1);
    const text = (await fileAt({ gitDir }, tree, path, signal)) ?? '';
    for (const name of bare)
      for (const { conditions } of findDefinitions(text, path, name))
        for (const symbol of conditions.flatMap(symbolsIn))
          if (symbol !== name && bare.includes(symbol)) found.get(`CONFIG_${name}`)?.add(`CONFIG_${symbol}`);
  }
  return found;
}
