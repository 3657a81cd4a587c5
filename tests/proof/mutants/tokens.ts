/** The tokens of a JavaScript file as tsc writes it: enough to find where it can be changed, not a parser. */

export type TokenKind = 'name' | 'number' | 'string' | 'text' | 'regex' | 'mark';

export interface Token {
  /** `text` is a literal piece of a template; its expressions are tokens of their own. */
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets in the source, [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Longest first, so that the first that fits is the right one. */
const MARKS =
  '>>>= ... === !== **= <<= >>= >>> &&= ||= ??= => == != <= >= && || ?? ?. ++ -- += -= *= /= %= &= |= ^= << >> **'.split(
    ' ',
  );

/** Words after which a slash begins a regular expression and a minus has one operand. */
export const KEYWORDS = new Set(
  (
    'break case catch class const continue default delete do else export extends finally for function if import in ' +
    'instanceof let new of return switch throw try typeof var void while yield await'
  ).split(' '),
);

/** Whether a token ends an operand, so that what follows is a binary operator. */
export function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'name') return !KEYWORDS.has(token.text);
  return token.kind !== 'mark' || [')', ']', '}', '++', '--'].includes(token.text);
}

const NAME = /[#$\w\u0080-\uffff]+/y;
const NUMBER = /0[xob][\da-f_]+n?|\d[\d_]*(?:n|(?:\.\d+)?(?:e[+-]?\d+)?)/iy;
const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/sy;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE = /(?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)/sy;

/** @throws SyntaxError at what is none of the language's tokens */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** For each open brace, whether it is the `${` of a template. */
  const braces: boolean[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: TokenKind, text: string): void => {
    tokens.push({ kind, text, from: at, to: at + text.length });
    at += text.length;
  };
  const template = (open: number): void => {
    at += open;
    const text = match(TEMPLATE);
    at -= open;
    if (text === undefined) throw new SyntaxError(`a template that does not end, at ${at}`);
    if (text.endsWith('${')) braces.push(true);
    push('text', source.slice(at, at + open + text.length));
  };

  while (at < source.length) {
    const char = source[at] as string;
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const comment = match(COMMENT);
    if (comment !== undefined) {
      at += comment.length;
      continue;
    }
    const plain = match(STRING);
    const number = match(NUMBER);
    const name = match(NAME);
    if (plain !== undefined) push('string', plain);
    else if (number !== undefined) push('number', number);
    else if (name !== undefined) push('name', name);
    else if (char === '`') template(1);
    else if (char === '}' && braces.pop() === true) template(1);
    else {
      const regex = char === '/' && !endsOperand(tokens.at(-1)) ? match(REGEX) : undefined;
      if (regex !== undefined) {
        push('regex', regex);
        continue;
      }
      if (char === '{') braces.push(false);
      const mark = MARKS.find((one) => source.startsWith(one, at)) ?? char;
      if (!/^[-{}()[\];,<>+*/%&|^!~?:=.]/.test(mark)) throw new SyntaxError(`no token at ${at}: ${char}`);
      push('mark', mark);
    }
  }
  return tokens;
}
