import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { objectCode } from '../../../proof/model/object-code.js';
import { suite } from '../../../harness/suite.js';
import { scratchDir } from '../../../harness/temp.js';

const test = suite('proof/model/object-code', { timeoutMs: 30_000 });
const dir = scratchDir('object-code');

/** A lock that is waited for at the end of one function and in the middle of another, and a module that calls both. */
const KERNEL = `
__attribute__((noinline)) void __folio_lock(int *x) { asm volatile("" : : "r"(x) : "memory"); }
void ends(int *x) { if (*x) __folio_lock(x); }
int middle(int *x) { __folio_lock(x); return *x; }
void _start(void) {}
`;
const MODULE = `
void ends(int *x);
int zd_caller(int *x) { ends(x); return 1; }
int zd_other(int *x) { return *x; }
`;

function compile(name: string, text: string, ...flags: string[]): string {
  const file = join(dir, name);
  writeFileSync(`${file}.c`, text);
  const plain = ['-O2', '-fno-pie', '-fcf-protection=none', '-fno-stack-protector'];
  execFileSync('gcc', [...plain, ...flags, `${file}.c`, '-o', file]);
  return file;
}

test('a call at the end of a function is a jump, one in the middle is not', async () => {
  const vmlinux = compile('vmlinux', KERNEL, '-nostdlib', '-static', '-no-pie');
  const code = objectCode(vmlinux, compile('zd.ko', MODULE, '-c'), new AbortController().signal);
  assert.ok(await code.jumps('ends', '__folio_lock'));
  assert.not.ok(await code.jumps('middle', '__folio_lock'));
  assert.not.ok(await code.jumps('ends', 'middle'));
  assert.not.ok(await code.jumps('nowhere', '__folio_lock'));
  assert.ok(await code.moduleCalls('zd_caller', 'ends'));
  assert.not.ok(await code.moduleCalls('zd_other', 'ends'));
});

test.run();
