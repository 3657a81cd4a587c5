import type { Source } from './structure.js';
import { KEYWORDS } from './tokens.js';

/** Name of the innermost function or method with a name whose body has token `i`; none at the top of a file. */
export function functionAround(source: Source, i: number): string | undefined {
  for (let open = source.inside[i] ?? -1; open >= 0; open = source.inside[open] as number) {
    const name = source.kind.get(open) === 'block' ? functionOf(source, open) : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Name of the function whose body begins with the brace `open`. */
function functionOf({ tokens, pair, kind }: Source, open: number): string | undefined {
  const arrow = tokens[open - 1]?.text === '=>';
  const last = arrow ? open - 2 : open - 1;
  const grouped = tokens[last]?.text === ')';
  if (!arrow && !grouped) return undefined;
  const first = grouped ? (pair.get(last) as number) : last;
  if (!arrow) {
    const named = tokens[first - 1];
    const isName = named?.kind === 'name' && kind.get(first) === 'group' && !KEYWORDS.has(named.text);
    return isName ? named.text : undefined;
  }
  const equals = tokens[first - 1]?.text === 'async' ? first - 2 : first - 1;
  const named = tokens[equals - 1];
  return tokens[equals]?.text === '=' && named?.kind === 'name' ? named.text : undefined;
}
