/**
 * The lexical side of KTAP: what one line of test output is. Sources: Documentation/dev-tools/ktap.rst and
 * tools/testing/selftests/kselftest.h (ksft_test_result_code) of the kernel.
 */

/** Keywords after the `#` of a result line that change its meaning. */
export type Directive = 'SKIP' | 'XFAIL' | 'XPASS' | 'TIMEOUT' | 'ERROR' | 'TODO';

export type KtapLine =
  | { readonly type: 'version'; readonly width: number }
  | { readonly type: 'plan'; readonly width: number; readonly count: number; readonly skip?: string }
  | {
      readonly type: 'result';
      readonly width: number;
      readonly ok: boolean;
      readonly number: number;
      readonly name: string;
      readonly directive?: Directive;
      /** Text after the directive, or after a `#` without one. */
      readonly diagnostic?: string;
    }
  | { readonly type: 'subtest'; readonly width: number; readonly name: string }
  | { readonly type: 'run'; readonly width: number; readonly name: string }
  | { readonly type: 'bail'; readonly width: number; readonly reason: string }
  | { readonly type: 'text'; readonly text: string };

const PRINTK_PREFIX = /^(?:<\d+>)?(?:\[ *\d+\.\d+\] ?)?(?:\[ *[TC]\d+\] ?)?/;
const INDENT = /^(?: {2}|# |\t)/;
// eslint-disable-next-line no-control-regex -- terminal escapes do reach logs of tests run by hand
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Takes off what a console puts before a line: `<6>`, `[   12.345678]`, `[   T70]`. */
export function stripPrefix(line: string): string {
  return line.replace(/\r+$/, '').replace(ANSI, '').replace(PRINTK_PREFIX, '');
}

/**
 * Classifies one line. `width` is the depth of nesting in columns: two spaces and kselftest's `# ` count the
 * same, so that a level is recognised whichever of the two its runner used (and KUnit's four spaces too).
 */
export function classify(raw: string): KtapLine {
  let rest = stripPrefix(raw);
  const text = rest;
  let width = 0;
  for (;;) {
    const line = structural(rest, width);
    if (line !== undefined) return line;
    const indent = INDENT.exec(rest);
    if (indent === null) return { type: 'text', text };
    rest = rest.slice(indent[0].length);
    width += 2;
  }
}

function structural(rest: string, width: number): KtapLine | undefined {
  if (/^K?TAP version \d+\s*$/.test(rest)) return { type: 'version', width };
  const plan = /^1\.\.(\d+)\s*(?:#\s*SKIP\S*\s*(.*))?$/i.exec(rest);
  if (plan !== null) {
    const count = Number(plan[1]);
    // A reason after a plan of several tests is a remark, not a skip of everything.
    return count === 0 && plan[2] !== undefined
      ? { type: 'plan', width, count, skip: plan[2].trim() }
      : { type: 'plan', width, count };
  }
  const result = /^(not )?ok (\d+)(?:\s+(.*))?$/.exec(rest);
  if (result !== null) {
    return {
      type: 'result',
      width,
      ok: result[1] === undefined,
      number: Number(result[2]),
      ...description(result[3] ?? ''),
    };
  }
  const subtest = /^(?:# )?Subtest: (.*)$/.exec(rest);
  if (subtest !== null) return { type: 'subtest', width, name: (subtest[1] ?? '').trim() };
  const running = /^#\s+RUN\s+(\S+) \.\.\.\s*$/.exec(rest);
  if (running !== null) return { type: 'run', width, name: running[1] ?? '' };
  const bail = /^Bail out!\s*(.*)$/.exec(rest);
  if (bail !== null) return { type: 'bail', width, reason: bail[1] ?? '' };
  return undefined;
}

function description(text: string): { name: string; directive?: Directive; diagnostic?: string } {
  const trimmed = text.trim();
  const hash = /(?:^|\s)#(?:\s|(?=SKIP|XFAIL|XPASS|TIMEOUT|ERROR|TODO))/.exec(trimmed);
  const name = (hash === null ? trimmed : trimmed.slice(0, hash.index)).replace(/^- /, '').trim();
  if (hash === null) return { name };
  const tail = trimmed.slice(hash.index + hash[0].length).trim();
  // TAP leaves the case of SKIP and TODO open; the others only exist in upper case, and "error 5" is a remark.
  const keyword = /^(?:(skip|todo)|(XFAIL|XPASS|TIMEOUT|ERROR))(?::|\b)\s*(.*)$/i.exec(tail);
  const word = keyword?.[1]?.toUpperCase() ?? (/^[A-Z]/.test(tail) ? keyword?.[2] : undefined);
  if (keyword === null || word === undefined || word !== word.toUpperCase()) {
    return tail === '' ? { name } : { name, diagnostic: tail };
  }
  const rest = (keyword[3] ?? '').trim();
  const directive = word as Directive;
  return rest === '' ? { name, directive } : { name, directive, diagnostic: rest };
}
