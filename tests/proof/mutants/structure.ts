import { endsOperand, tokenize } from './tokens.js';
import type { Token } from './tokens.js';

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** What a bracket encloses, as far as a place for a change depends on it. */
export type Kind =
  'block' | 'class' | 'object' | 'list' | 'group' | 'header' | 'index' | 'pattern' | 'template';

export interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** For a token that opens a bracket, the index of the one that closes it, and the other way round. */
  readonly pair: ReadonlyMap<number, number>;
  /** For each token, the index of the innermost bracket it stands in; -1 at the top. */
  readonly inside: readonly number[];
  readonly kind: ReadonlyMap<number, Kind>;
}

function isTemplate(token: Token, side: 'open' | 'close'): boolean {
  return token.kind === 'text' && (side === 'open' ? token.text.endsWith('${') : token.text.startsWith('}'));
}

/** Tokens with their brackets. */
export function structure(text: string): Source {
  const tokens = tokenize(text);
  const pair = new Map<number, number>();
  const inside: number[] = [];
  const open: number[] = [];
  for (const [i, token] of tokens.entries()) {
    const closes = (token.kind === 'mark' && /^[)\]}]$/.test(token.text)) || isTemplate(token, 'close');
    if (closes) {
      const from = open.pop();
      if (from === undefined) throw new SyntaxError(`nothing that ${token.text} closes, at ${token.from}`);
      pair.set(from, i);
      pair.set(i, from);
    }
    inside.push(open.at(-1) ?? -1);
    if ((token.kind === 'mark' && token.text in CLOSING) || isTemplate(token, 'open')) open.push(i);
  }
  if (open.length > 0) throw new SyntaxError(`${tokens[open[0] as number]?.text} is not closed`);
  const kind = new Map<number, Kind>();
  const source = { text, tokens, pair, inside, kind };
  for (const [i, token] of tokens.entries())
    if (token.kind === 'text' ? isTemplate(token, 'open') : token.kind === 'mark' && token.text in CLOSING)
      kind.set(i, kindOf(source, i));
  return source;
}

function kindOf(source: Source, i: number): Kind {
  const { tokens, pair, inside, kind } = source;
  const token = tokens[i] as Token;
  const before = tokens[i - 1];
  const after = tokens[(pair.get(i) ?? i) + 1]?.text;
  if (token.kind === 'text') return 'template';
  if (token.text === '(') {
    const header = before?.kind === 'name' && ['if', 'while', 'for', 'switch'].includes(before.text);
    return header ? 'header' : 'group';
  }
  if (token.text === '[') {
    const named = after === ':' && kind.get(inside[i] as number) === 'object' && before?.text !== '?';
    if (endsOperand(before) || before?.text === '?.' || named) return 'index';
    const binds = before?.text === 'const' || before?.text === 'let' || after === '=' || after === 'of';
    return binds || isParameter(source, i) ? 'pattern' : 'list';
  }
  if (before === undefined || /^(?:\)|=>|else|do|try|finally|catch|static)$/.test(before.text))
    return 'block';
  if (before.text === 'const' || before.text === 'let' || after === '=') return 'pattern';
  for (let j = i - 1; j >= 0 && j > i - 8 && !/^[{};)=]$/.test(tokens[j]?.text ?? ''); j -= 1)
    if (tokens[j]?.text === 'class') return 'class';
  return startsStatement(source, i) ? 'block' : 'object';
}

/** A list or object inside the parentheses of a function's parameters. */
function isParameter({ tokens, pair, inside, kind }: Source, i: number): boolean {
  const group = inside[i] as number;
  if (group < 0 || tokens[group]?.text !== '(' || kind.get(group) === 'header') return false;
  const next = tokens[(pair.get(group) as number) + 1]?.text;
  const named = tokens[group - 1];
  return next === '=>' || (next === '{' && named?.kind === 'name');
}

/** Whether token `i` is the first of a statement. */
export function startsStatement(source: Source, i: number): boolean {
  const { tokens, pair, inside, kind } = source;
  const outer = inside[i] as number;
  if (outer >= 0 && kind.get(outer) !== 'block') return false;
  const before = tokens[i - 1];
  if (before === undefined || outer === i - 1) return true;
  switch (before.text) {
    case ';':
    case 'else':
    case 'do':
      return true;
    case '}':
      return kind.get(pair.get(i - 1) as number) === 'block';
    case ')':
      return kind.get(pair.get(i - 1) as number) === 'header';
    case ':':
      return endsLabel(source, i - 1);
    default:
      return false;
  }
}

function endsLabel(source: Source, colon: number): boolean {
  const { tokens, inside } = source;
  for (let j = colon - 1; j >= 0; j -= 1) {
    if (inside[j] !== inside[colon]) continue;
    const { text } = tokens[j] as Token;
    if (text === 'case' || text === 'default') return true;
    if (text === ';' || text === '{' || text === '}' || text === '?' || text === ':') return false;
  }
  return false;
}

/** Index of the first token from `i` on that stands in the same bracket as `i` and is one of `texts`, or closes it. */
export function endOf(source: Source, i: number, texts: readonly string[]): number {
  const { tokens, pair, inside } = source;
  const outer = inside[i] as number;
  for (let j = i; j < tokens.length; j += 1) {
    const token = tokens[j] as Token;
    if (outer >= 0 && j === pair.get(outer)) return j;
    if (inside[j] === outer && token.kind === 'mark' && texts.includes(token.text)) return j;
  }
  return tokens.length;
}
