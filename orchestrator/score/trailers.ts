import { CiError } from '../process/errors.js';
import { EXPECTATIONS } from './mutant.js';
import type { Expectation, MutantNotes } from './mutant.js';

const KEYS = ['Mutant', 'Seen-by', 'Profile', 'Why'] as const;
type Key = (typeof KEYS)[number];

interface Trailer {
  readonly line: number;
  readonly value: string;
}

/**
 * Reads the trailers of a mutant: the last paragraph of the mail above `---`, one `Key: value` a line, longer values go on in
 * lines that begin with a blank. `Mutant: killed|neutral|equivalent` is always there, `Seen-by:` where it is to be killed,
 * `Why:` where it is not; `Profile:` is `default` where it is left out.
 * @param where path of the file, for messages
 * @param profiles names that `Profile:` may have
 * @throws CiError('usage') with `file:line` for anything else
 */
export function readTrailers(text: string, where: string, profiles: readonly string[]): MutantNotes {
  const trailers = parse(text, where);
  const mutant = trailers.get('Mutant');
  if (mutant === undefined)
    throw wrong(where, end(text), 'no "Mutant:" trailer', `add "Mutant: ${EXPECTATIONS.join('|')}"`);
  const expect = expectation(mutant, where);
  const [seenBy, why, profile] = [trailers.get('Seen-by'), trailers.get('Why'), trailers.get('Profile')];
  if (expect === 'killed' && seenBy === undefined)
    throw wrong(where, mutant.line, 'a mutant to be killed says by whom', 'add "Seen-by: <scenarios>"');
  if (expect !== 'killed' && seenBy !== undefined)
    throw wrong(where, seenBy.line, `a mutant that is ${expect} is seen by nobody`, 'remove "Seen-by:"');
  if (expect !== 'killed' && why === undefined)
    throw wrong(where, mutant.line, `a mutant that is ${expect} says why`, 'add "Why: <argument>"');
  if (profile !== undefined && !profiles.includes(profile.value))
    throw wrong(where, profile.line, `no profile "${profile.value}"`, `profiles: ${profiles.join(', ')}`);
  return {
    expect,
    seenBy: seenBy?.value ?? '',
    profile: profile?.value ?? 'default',
    ...(why === undefined ? {} : { why: why.value }),
  };
}

function expectation({ line, value }: Trailer, where: string): Expectation {
  const found = EXPECTATIONS.find((one) => one === value);
  if (found !== undefined) return found;
  throw wrong(where, line, `"Mutant: ${value}"`, `one of ${EXPECTATIONS.join(', ')}`);
}

/** Number of the line `---` that ends the text of the mail, counted from 1; past the last line where there is none. */
function end(text: string): number {
  const lines = text.split('\n');
  const at = lines.indexOf('---');
  return (at < 0 ? lines.length : at) + 1;
}

function parse(text: string, where: string): ReadonlyMap<Key, Trailer> {
  const lines = text.split('\n').slice(0, end(text) - 1);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const first = lines.lastIndexOf('') + 1;
  const found = new Map<Key, Trailer>();
  let last: Key | undefined;
  for (const [index, text_] of lines.slice(first).entries()) {
    const line = first + index + 1;
    const before = last === undefined ? undefined : found.get(last);
    if (/^\s/.test(text_) && last !== undefined && before !== undefined) {
      found.set(last, { line: before.line, value: `${before.value} ${text_.trim()}` });
      continue;
    }
    const [, name, value] = /^([A-Za-z-]+): +(\S.*)$/.exec(text_.trimEnd()) ?? [];
    const key = KEYS.find((one) => one === name);
    if (key === undefined || value === undefined)
      throw wrong(
        where,
        line,
        `not a trailer: "${text_}"`,
        `the last paragraph has ${KEYS.join(', ')} alone`,
      );
    if (found.has(key)) throw wrong(where, line, `"${key}:" a second time`, 'say it once');
    found.set(key, { line, value });
    last = key;
  }
  return found;
}

function wrong(where: string, line: number, message: string, remedy: string): CiError {
  return new CiError('usage', message, { where: `${where}:${line}`, remedy });
}
