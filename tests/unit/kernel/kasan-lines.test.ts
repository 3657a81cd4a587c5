import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseElf } from '../../../orchestrator/kernel/elf.js';
import { kasanLines, lineDigits } from '../../../orchestrator/kernel/kasan-lines.js';
import { kernelSignatures } from '../../../orchestrator/kernel/signature.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/kasan-lines', { timeoutMs: 60_000 });
const dir = scratchDir('kasan');

/** Where include/asm-generic/vmlinux.lds.h puts constructors, in the last 2 GiB. */
const SCRIPT = `
SECTIONS {
  . = 0xffffffff81000000;
  .text : { *(.text*) }
  .rodata : { *(.rodata*) }
  .data : { *(.data*) }
  .ctors : { __ctors_start = .; *(.init_array*) *(.ctors*) __ctors_end = .; }
  .bss : { *(.bss*) }
}`;
writeFileSync(join(dir, 'kernel.lds'), SCRIPT);

interface Source {
  /** Lines before the instrumented function and global. */
  readonly lines?: number;
  readonly size?: number;
  readonly initial?: number;
  /** A text as KASAN's own, which nothing of KASAN refers to. */
  readonly text?: string;
}

function source({ lines = 0, size = 8, initial = 1, text = '' }: Source): string {
  return `void use(char *);
${'\n'.repeat(lines)}static int counter = ${initial};
int *address(void) { return &counter; }
void frame(void) { char params[${size}]; use(params); }
const char *text(void) { return "${text}"; }
`;
}

/** What the kernel's runtime would be, without instrumentation. */
const RUNTIME = `
void __asan_register_globals(void *a, unsigned long n) { asm volatile("" : : "r"(a), "r"(n)); }
void __asan_unregister_globals(void *a, unsigned long n) { asm volatile("" : : "r"(n), "r"(a)); }
void __asan_handle_no_return(void) {}
void use(char *p) { asm volatile("" : : "r"(p)); }
void _start(void) {}
`;

function compile(name: string, text: string, ...flags: string[]): string {
  const file = join(dir, `${name}.o`);
  // The name of the file is part of a location.
  const from = join(dir, 'memremap.c');
  writeFileSync(from, text);
  const plain = ['-O1', '-fno-pie', '-mcmodel=kernel', '-mno-red-zone', '-fno-stack-protector', '-w', '-c'];
  execFileSync('gcc', [...plain, ...flags, from, '-o', file]);
  return file;
}

const SANITIZE = [
  '-fsanitize=kernel-address',
  '-fasan-shadow-offset=0xdffffc0000000000',
  '--param=asan-stack=1',
  '--param=asan-globals=1',
  '--param=asan-instrumentation-with-call-threshold=0',
];
const runtime = compile('runtime', RUNTIME);

function kernel(name: string, from: Source): string {
  const file = join(dir, name);
  const object = compile(name, source(from), ...SANITIZE);
  const script = join(dir, 'kernel.lds');
  execFileSync('ld', ['-static', '-T', script, runtime, object, '-o', file, '--build-id=none']);
  return file;
}

const sign = async (file: string): Promise<string> => (await kernelSignatures(file, [])).vmlinux;
const lines = (file: string): string[] =>
  kasanLines(parseElf(readFileSync(file))).map(({ section, offset, size, fill }) =>
    fill === 0
      ? String(section.data.readUInt32LE(offset))
      : section.data.toString('latin1', offset, offset + size),
  );

test('a kernel with KASAN whose lines moved is the same kernel', async () => {
  const first = kernel('first', { lines: 1 });
  const moved = kernel('moved', { lines: 4 });
  assert.equal(lines(first), ['5', '3'], 'the variable of the frame, and the global');
  assert.equal(lines(moved), ['8', '6']);
  assert.not.ok(readFileSync(first).equals(readFileSync(moved)), 'the files themselves differ');
  assert.is(await sign(moved), await sign(first));
});

test('other code, other data and another layout of a frame are other kernels', async () => {
  const files = [{}, { initial: 2 }, { size: 16 }, { text: 'x' }].map((from, i) => kernel(`k${i}`, from));
  assert.is(new Set(await Promise.all(files.map(sign))).size, files.length);
});

test('a text that looks like a description counts as it is: nothing of KASAN refers to it', async () => {
  const [one, other] = ['1 32 8 6 pads:5', '1 32 8 6 pads:6'];
  const files = [kernel('text1', { text: one }), kernel('text2', { text: other })] as const;
  assert.equal(lineDigits(one), [[14, 1]], 'it does look like one');
  assert.equal(lines(files[0]), lines(files[1]));
  assert.is.not(await sign(files[0]), await sign(files[1]));
});

test('without KASAN there is nothing to leave out', () => {
  const object = compile('plain', source({}));
  const file = join(dir, 'plain');
  execFileSync('ld', ['-static', '-T', join(dir, 'kernel.lds'), runtime, object, '-o', file]);
  assert.equal(lines(file), []);
});

test('the description of a frame is taken exactly, or not at all', () => {
  assert.equal(lineDigits('1 32 24 10 params:268'), [[18, 3]]);
  assert.equal(lineDigits('2 32 8 3 a:7 64 8 4 b:12'), [
    [11, 1],
    [22, 2],
  ]);
  assert.equal(lineDigits('1 32 8 4 name'), [], 'a name without a line');
  for (const text of [
    '',
    'x',
    '0',
    '1 32 24 9 params:268',
    '1 32 24 11 params:268',
    '2 32 24 10 params:268',
    '1 32 24 10 params:268 more',
    '1 32 24 10 par ms:268',
  ])
    assert.is(lineDigits(text), undefined, text);
});

test.run();
