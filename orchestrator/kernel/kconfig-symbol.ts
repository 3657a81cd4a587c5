/** Where a tree's Kconfig files define a symbol, and on what it depends. */
export interface SymbolDefinition {
  readonly file: string;
  readonly line: number;
  /** The conditions of `depends on` lines and of enclosing `if` blocks. */
  readonly conditions: readonly string[];
}

/** Reads one Kconfig file for `config NAME` (name without CONFIG_). A symbol can be defined more than once. */
export function findDefinitions(text: string, file: string, name: string): SymbolDefinition[] {
  const found: { file: string; line: number; conditions: string[] }[] = [];
  const enclosing: string[] = [];
  let current: { conditions: string[] } | undefined;
  for (const [index, line] of text.replaceAll('\\\n', ' ').split('\n').entries()) {
    const [, word, rest = ''] = /^\s*(\S+)\s*(.*)$/.exec(line) ?? [];
    // Help text is indented like a property; only `depends on` of the entry itself is looked at, and only before it.
    if (word === 'help') current = undefined;
    else if (word === 'if') enclosing.push(rest.trim());
    else if (word === 'endif') enclosing.pop();
    else if (word === 'config' || word === 'menuconfig') {
      current = undefined;
      if (rest.trim() === name) {
        const definition = { file, line: index + 1, conditions: [...enclosing] };
        found.push(definition);
        current = definition;
      }
    } else if (word === 'choice' || word === 'menu' || word === 'comment' || word === 'source') {
      current = undefined;
    } else if (word === 'depends' && rest.startsWith('on ')) {
      current?.conditions.push(rest.slice(3).trim());
    }
  }
  return found;
}

/** Every symbol that a condition names. */
export function symbolsIn(condition: string): string[] {
  const names = condition
    .replaceAll(/"[^"]*"/g, ' ')
    .replaceAll(/\$\([^)]*\)/g, ' ')
    .matchAll(/\b[A-Z\d][A-Z\d_]+\b/g);
  return [...new Set([...names].map(([symbol]) => symbol))];
}

/** Symbols named in a condition that the config does not have, without those that must be off (`!X`). */
export function unmetSymbols(condition: string, config: ReadonlyMap<string, string>): string[] {
  const wanted = condition.replaceAll(/(?<!!\s*)!\s*\w+/g, ' ');
  return symbolsIn(wanted).filter((symbol) => !config.has(`CONFIG_${symbol}`));
}

/** One sentence: why the option is not there, as far as the Kconfig files tell. */
export function explainMissing(
  name: string,
  definitions: readonly SymbolDefinition[],
  config: ReadonlyMap<string, string>,
): string {
  const bare = name.replace(/^CONFIG_/, '');
  if (definitions.length === 0) return `this tree has no option ${bare}`;
  const reasons = definitions.flatMap(({ file, line, conditions }) =>
    conditions
      .map((condition) => ({ condition, unmet: unmetSymbols(condition, config) }))
      .filter(({ unmet }) => unmet.length > 0)
      .map(
        ({ condition, unmet }) => `${file}:${line} depends on ${condition} (not set: ${unmet.join(', ')})`,
      ),
  );
  if (reasons.length > 0) return reasons.join('; ');
  const [first] = definitions;
  return `${first?.file}:${first?.line} defines it; another option switches it off, or it is set only by \`select\``;
}
