import type { Change, Operator } from './mutant.js';
import { squeeze } from './mutant.js';
import { endOf, startsStatement } from './structure.js';
import type { Source } from './structure.js';
import { endsOperand } from './tokens.js';
import type { Token } from './tokens.js';

/** Binary and assignment operators, with what stands in for each. */
const SWAPS: readonly (readonly [Operator, Readonly<Record<string, readonly string[]>>])[] = [
  [
    'comparison',
    {
      '===': ['!=='],
      '!==': ['==='],
      '<': ['<=', '>='],
      '<=': ['<', '>'],
      '>': ['>=', '<='],
      '>=': ['>', '<'],
    },
  ],
  [
    'arithmetic',
    { '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'], '**': ['*'], '+=': ['-='], '-=': ['+='] },
  ],
  [
    'bits',
    {
      '&': ['|'],
      '|': ['&'],
      '^': ['|'],
      '<<': ['>>'],
      '>>': ['<<'],
      '>>>': ['<<'],
      '&=': ['|='],
      '|=': ['&='],
      '<<=': ['>>='],
      '>>=': ['<<='],
    },
  ],
  ['logic', { '&&': ['||'], '||': ['&&'], '??': ['&&'], '??=': ['='] }],
];

/** Members that are easily taken for one another; each becomes the next in its ring. */
const MEMBERS: readonly (readonly string[])[] = [
  ['flags', 'info', 'mapping', 'index', 'private', 'zoneDeviceData'],
  ['mapcount', 'refcount'],
  ['largeMapcount', 'nrPagesMapped', 'entireMapcount', 'pincount'],
  ['mmIds', 'mmIdMapcount'],
  ['pfn', 'order'],
  ['before', 'after'],
  ['want', 'have'],
  ['refsBefore', 'refsAfter'],
  ['byte', 'bit'],
  ['live', 'dead'],
  ['init', 'prep', 'free'],
];

/** Words in quotes that select something; each becomes the next in its ring. */
const WORDS: readonly (readonly string[])[] = [
  ['PG_locked', 'PG_head', 'PG_waiters', 'PG_workingset', 'PG_reserved', 'PG_anon_exclusive'],
  ['DEBUG_VM', 'any', 'DEBUG_VM_PGFLAGS'],
  ['crash', 'hang'],
  ['contract', 'prediction'],
  ['leak', 'counter'],
  ['mask', 'pointer'],
  ['order0', 'head', 'tail1', 'tail2', 'tail'],
  ['init', 'free', 'unlock'],
  ['page', 'folio'],
];

function ringNext(rings: readonly (readonly string[])[], word: string): string | undefined {
  const ring = rings.find((one) => one.includes(word));
  return ring?.[(ring.indexOf(word) + 1) % ring.length];
}

/** Every change the operators can make, in no order. `writers`: names that stand in a stamp. */
export function changesOf(source: Source, writers: ReadonlySet<string> = new Set()): Change[] {
  const changes: Change[] = [];
  const replace = (
    operator: Operator,
    token: Token,
    text: string,
    what = `${token.text} → ${text}`,
  ): void => {
    changes.push({ operator, from: token.from, to: token.to, text, what });
  };
  for (const [i, token] of source.tokens.entries()) {
    switch (token.kind) {
      case 'mark':
        ofMark(source, i, replace);
        break;
      case 'number':
        for (const text of neighbours(token.text)) replace('constant', token, text);
        break;
      case 'name':
        if (token.text === 'true' || token.text === 'false')
          replace('boolean', token, token.text === 'true' ? 'false' : 'true');
        if (source.tokens[i - 1]?.text === '.') {
          const next = ringNext(MEMBERS, token.text);
          if (next !== undefined) replace('field', token, next, `.${token.text} → .${next}`);
        }
        break;
      case 'string': {
        const word = token.text.slice(1, -1);
        const next = writers.has(word) && word !== 'unknown' ? 'unknown' : ringNext(WORDS, word);
        if (next !== undefined && source.tokens[i - 1]?.text !== 'from') replace('word', token, `'${next}'`);
        break;
      }
      default:
        break;
    }
  }
  return [...changes, ...removals(source), ...conditions(source), ...bodies(source), ...elements(source)];
}

function ofMark(
  source: Source,
  i: number,
  replace: (operator: Operator, token: Token, text: string, what?: string) => void,
): void {
  const { tokens, inside, kind } = source;
  const token = tokens[i] as Token;
  const before = tokens[i - 1];
  // The star of a generator is no operator.
  const binary = endsOperand(before) && !(before?.text === '}' && kind.get(inside[i] as number) === 'class');
  if (token.text === '!') replace('logic', token, '', 'without !');
  else if (!binary && token.text === '-') replace('arithmetic', token, '', 'without -');
  else if (!binary && token.text === '~') replace('bits', token, '', 'without ~');
  else if (token.text === '??' && isChained(source, i)) replace('logic', token, '? undefined :');
  else if (binary)
    for (const [operator, table] of SWAPS)
      for (const text of table[token.text] ?? []) replace(operator, token, text);
}

/** Whether `??` is one of several in a row, among which no `&&` may stand. */
function isChained({ tokens, inside }: Source, i: number): boolean {
  const ends = /^(?:[,;?:=]|=>|return)$/;
  const reaches = (step: number): boolean => {
    for (let j = i + step; j >= 0 && j < tokens.length; j += step) {
      const text = inside[j] === inside[i] ? (tokens[j] as Token).text : '';
      if (text === '??') return true;
      if (ends.test(text)) return false;
    }
    return false;
  };
  return reaches(-1) || reaches(1);
}

/** A whole number one more and one less, a bigint as a bigint. */
function neighbours(text: string): string[] {
  const [, digits, big] = /^(0[xob][\da-f]+|\d+)(n?)$/i.exec(text.replaceAll('_', '')) ?? [];
  if (digits === undefined) return [];
  const value = BigInt(digits);
  return [value + 1n, ...(value > 0n ? [value - 1n] : [])].map((one) => `${one}${big}`);
}

const NOT_REMOVED = new Set(
  'const let var return if else for while switch do try case default export import class function super finally catch'.split(
    ' ',
  ),
);

function removals(source: Source): Change[] {
  const { tokens, text } = source;
  const changes: Change[] = [];
  for (const [i, token] of tokens.entries()) {
    if (!startsStatement(source, i) || token.kind === 'string' || token.text === ';' || token.text === '{')
      continue;
    if (token.kind !== 'name' && !['[', '++', '--', '('].includes(token.text)) continue;
    if (NOT_REMOVED.has(token.text) || (token.text === 'async' && tokens[i + 1]?.text === 'function'))
      continue;
    const end = tokens[endOf(source, i, [';'])];
    if (end?.text !== ';') continue;
    const code = text.slice(token.from, end.from);
    changes.push({
      operator: 'statement',
      from: token.from,
      to: end.from,
      text: '',
      what: `without ${short(code)}`,
    });
  }
  return changes;
}

function conditions(source: Source): Change[] {
  const { tokens, pair, text } = source;
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'name' || (token.text !== 'if' && token.text !== 'while')) return [];
    const open = tokens[i + 1];
    const close = tokens[pair.get(i + 1) ?? -1];
    if (open?.text !== '(' || close === undefined) return [];
    const [from, to] = [open.to, close.from];
    const what = short(text.slice(from, to));
    return (token.text === 'if' ? ['true', 'false'] : ['false']).map((value): Change => ({
      operator: 'condition',
      from,
      to,
      text: value,
      what: `${token.text} (${what}) → ${value}`,
    }));
  });
}

/** `=> expression` does nothing. */
function bodies(source: Source): Change[] {
  const { tokens, text } = source;
  return tokens.flatMap((token, i): Change[] => {
    const first = tokens[i + 1];
    if (token.text !== '=>' || token.kind !== 'mark' || first === undefined || first.text === '{') return [];
    const last = tokens[endOf(source, i + 1, [',', ';']) - 1] as Token;
    const what = `=> ${short(text.slice(first.from, last.to))} → => undefined`;
    return [{ operator: 'step', from: first.from, to: last.to, text: 'undefined', what }];
  });
}

/** Lists lose an element. */
function elements(source: Source): Change[] {
  const { tokens, pair, text, kind } = source;
  return tokens.flatMap((token, i): Change[] => {
    if (kind.get(i) !== 'list' || token.text !== '[') return [];
    const close = pair.get(i) as number;
    const out: Change[] = [];
    for (let first = i + 1; first < close;) {
      const end = endOf(source, first, [',']);
      const from = (tokens[first] as Token).from;
      const next = tokens[end === close ? close : end + 1] as Token;
      const what = `without [${short(text.slice(from, (tokens[end - 1] as Token).to))}]`;
      out.push({ operator: 'element', from, to: next.from, text: '', what });
      first = end === close ? close : end + 1;
    }
    return out;
  });
}

/** Code as part of a name: one line, not too long to read. */
function short(code: string): string {
  const line = squeeze(code);
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
