import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { findBugLayout, withoutLines } from '../../../orchestrator/kernel/bug-table.js';
import { parseElf, relocations, SHT_RELA } from '../../../orchestrator/kernel/elf.js';
import { elfSignature, kernelSignatures } from '../../../orchestrator/kernel/signature.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/signature', { timeoutMs: 30_000 });
const dir = scratchDir('elf');

/** A "kernel" with one WARN site as arch/x86/include/asm/bug.h lays it out; `format`: with the pointer of 7.x. */
function source(line: number, format: boolean, code = 'nop'): string {
  const entry = [
    '.long 1b - .',
    ...(format ? ['.long fmt - .'] : []),
    '.long name - .',
    `.word ${line}`,
    '.word 0x901',
  ].join('; ');
  return `
asm(".pushsection .rodata; name: .string \\"mm/memremap.c\\"; fmt: .string \\"\\"; .popsection");
void _start(void) {
  asm volatile("${code}; 1: ud2; .pushsection __bug_table,\\"aw\\"; ${entry}; .popsection");
  asm volatile("1: ud2; .pushsection __bug_table,\\"aw\\"; ${entry}; .popsection");
}
`;
}

function build(name: string, text: string, ...flags: string[]): string {
  const file = join(dir, name);
  writeFileSync(`${file}.c`, text);
  const common = ['-O1', '-fno-pie', '-fno-stack-protector', '-w', `${file}.c`, '-o', file];
  execFileSync(
    'gcc',
    flags.includes('-c') ? [...flags, ...common] : ['-nostdlib', '-static', '-no-pie', ...flags, ...common],
  );
  return file;
}

const sign = (file: string): string => {
  const elf = parseElf(readFileSync(file));
  return elfSignature(elf, findBugLayout(elf));
};

for (const format of [false, true]) {
  const kind = format ? 'with' : 'without';
  test(`moved lines are the same kernel, other code is not (bug_entry ${kind} a format pointer)`, () => {
    const first = build(`a${kind}`, source(100, format), '-Wl,--build-id=sha1');
    const moved = build(`b${kind}`, source(104, format), '-Wl,--build-id=sha1');
    const other = build(`c${kind}`, source(100, format, 'ud2'), '-Wl,--build-id=sha1');
    assert.equal(findBugLayout(parseElf(readFileSync(first)))?.size, format ? 16 : 12);
    assert.not.ok(readFileSync(first).equals(readFileSync(moved)), 'the files themselves differ');
    assert.is(sign(moved), sign(first));
    assert.is.not(sign(other), sign(first));
  });
}

test('only the line goes: other flags in a bug entry make another kernel', () => {
  const first = build('f1', source(100, true));
  const flags = build('f2', source(100, true).replaceAll('0x901', '0x903'));
  assert.is.not(sign(first), sign(flags));
});

test('an unknown table layout counts with its lines', () => {
  const table = Buffer.from('0123456789abc');
  assert.ok(withoutLines(table, undefined).equals(table));
  assert.ok(withoutLines(table, { size: 12, lineOffset: 8 }).equals(table), 'not a whole number of entries');
});

test('a module: relocations count by symbol name, data too', async () => {
  const body = (callee: string, value: number): string =>
    `extern void ${callee}(void); int value = ${value}; void f(void) { ${callee}(); }`;
  const kernel = build('k', source(1, true));
  const files = [
    build('m1.ko', body('one', 1), '-c'),
    build('m2.ko', `${body('one', 1)}\n\n`, '-c'),
    build('m3.ko', body('two', 1), '-c'),
    build('m4.ko', body('one', 2), '-c'),
  ];
  const { modules } = await kernelSignatures(kernel, files);
  assert.is(modules[0], modules[1]);
  assert.is(new Set(modules).size, 3);
});

test('relocations carry symbol names', () => {
  const elf = parseElf(
    readFileSync(build('r.ko', 'extern void far_away(void); void f(void) { far_away(); }', '-c')),
  );
  const rela = elf.sections.find((section) => section.type === SHT_RELA && section.name === '.rela.text');
  assert.ok(rela !== undefined);
  assert.ok(relocations(elf, rela).some((entry) => entry.symbol.startsWith('far_away+')));
});

test('what is not ELF, or cut off, is an error that names the file', async () => {
  const whole = readFileSync(build('w', source(1, true)));
  const cut = join(dir, 'cut');
  writeFileSync(cut, whole.subarray(0, whole.length - 100));
  const text = join(dir, 'text');
  writeFileSync(text, 'x'.repeat(100));
  for (const file of [cut, text]) {
    try {
      await kernelSignatures(file, []);
      assert.unreachable();
    } catch (error) {
      assert.is((error as CiError).fault, 'infra', file);
      assert.is((error as CiError).details.where, file);
    }
  }
});

test.run();
