import * as assert from 'uvu/assert';
import { entryKeys, isListed } from '../../../proof/mutants/equivalent.js';
import { applied, keyOf, mutants } from '../../../proof/mutants/mutant.js';
import { changesOf } from '../../../proof/mutants/operators.js';
import { structure } from '../../../proof/mutants/structure.js';
import { tokenize } from '../../../proof/mutants/tokens.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/mutants/operators');

/** Every text that the changes of a source give. */
function results(text: string, operator: string): string[] {
  return changesOf(structure(text), new Set(['put']))
    .filter((change) => change.operator === operator)
    .map((change) => applied(text, change));
}

test('tokens: templates, regular expressions and comments are not code', () => {
  const code = 'a = `x ${b + `${c}`} < ${d}`; // 1 + 2\nif (a / 2 > 3 /* 4 */) x = /[/]1</g.test(s);';
  const marks = tokenize(code).filter(({ kind }) => kind === 'mark' || kind === 'regex');
  assert.is(marks.map(({ text }) => text).join(' '), '= + ; ( / > ) = /[/]1</g . ( ) ;');
});

test('operators, constants and words', () => {
  assert.equal(results('x = a <= b;', 'comparison'), ['x = a < b;', 'x = a > b;']);
  assert.equal(results('x = -a - b;', 'arithmetic'), ['x = a - b;', 'x = -a + b;']);
  assert.equal(results('x = 0x0f & 7n;', 'constant'), [
    'x = 16 & 7n;',
    'x = 14 & 7n;',
    'x = 0x0f & 8n;',
    'x = 0x0f & 6n;',
  ]);
  assert.equal(results("f('put', 'mask', 'other');", 'word'), [
    "f('unknown', 'mask', 'other');",
    "f('put', 'pointer', 'other');",
  ]);
  assert.equal(results('x = op.pfn;', 'field'), ['x = op.order;']);
});

test('what would not parse is not tried: mixed logic, the star of a generator, a name without brackets', () => {
  assert.equal(results('x = a ?? b;', 'logic'), ['x = a && b;']);
  assert.equal(results('x = f(a ?? g(b ?? c), d ?? e);', 'logic'), [
    'x = f(a && g(b ?? c), d ?? e);',
    'x = f(a ?? g(b && c), d ?? e);',
    'x = f(a ?? g(b ?? c), d && e);',
  ]);
  assert.equal(results('x = a ?? b.c() ?? d;', 'logic'), [
    'x = a ? undefined : b.c() ?? d;',
    'x = a ?? b.c() ? undefined : d;',
  ]);
  assert.equal(results('class A { b() { } *c() { d * e; } }', 'arithmetic'), [
    'class A { b() { } *c() { d / e; } }',
  ]);
  assert.equal(results('a = { [b.c]: [d], e: f ? [g] : [h] };', 'element'), [
    'a = { [b.c]: [], e: f ? [g] : [h] };',
    'a = { [b.c]: [d], e: f ? [] : [h] };',
    'a = { [b.c]: [d], e: f ? [g] : [] };',
  ]);
});

test('statements, conditions, bodies of arrows and elements of lists', () => {
  const code = 'if (a) b(); else { const c = 1; d = { e: 1 }; }';
  assert.equal(results(code, 'statement'), [
    'if (a) ; else { const c = 1; d = { e: 1 }; }',
    'if (a) b(); else { const c = 1; ; }',
  ]);
  assert.equal(results('if (a) b(); else c();', 'statement'), ['if (a) ; else c();', 'if (a) b(); else ;']);
  assert.equal(results('if (a(b)) c();', 'condition'), ['if (true) c();', 'if (false) c();']);
  assert.equal(results('const f = (a) => g(a, 1);', 'step'), ['const f = (a) => undefined;']);
  assert.equal(results('const [p, q] = [a.b, ...c];', 'element'), [
    'const [p, q] = [...c];',
    'const [p, q] = [a.b, ];',
  ]);
  assert.equal(results('class A { #b = 1; c() { this.d(); } }', 'statement'), [
    'class A { #b = 1; c() { ; } }',
  ]);
});

test('a mutant is named by its line of code, whatever stands around it', () => {
  const named = (text: string): string[] => {
    const source = structure(text);
    return mutants('model/a.js', source, changesOf(source)).map(keyOf);
  };
  const line = 'x = a[1] + b[1];\n';
  const keys = named(line);
  assert.is(new Set(keys).size, keys.length, 'equal changes of one line are numbered');
  assert.equal(named(`// more\nconst y = b;\n  ${line}`), keys);
});

test('a line that several functions have is told apart by the function', () => {
  const code = [
    'function one() { for (const a of b) {\n  continue;\n} }',
    'const two = async (a) => { b.map((c) => {\n  continue;\n}); };',
    'class A { #three(a) { if (a) {\n  continue;\n} else {\n  continue;\n} } }',
    'try {\n  continue;\n} finally { }',
    'for (const f of a) {\n  continue;\n}',
  ].join('\n');
  const source = structure(code);
  const jumps = mutants('model/a.js', source, changesOf(source)).filter((one) => one.code === 'continue;');
  assert.equal(
    jumps.map((one) => one.in),
    ['one', 'two', '#three', '#three', undefined, undefined],
  );
  const listed = (around: { in?: string }): number => {
    const entry = { file: 'model/a.js', code: 'continue;', mutation: 'without continue', nth: 1, reason: '' };
    const entries = entryKeys({ ...entry, ...around }).map((key) => [key, entry] as const);
    return jumps.filter((one) => isListed(one, new Map(entries))).length;
  };
  assert.equal([{ in: 'one' }, { in: '#three' }, { in: 'four' }, {}].map(listed), [1, 2, 0, 6]);
});

test.run();
