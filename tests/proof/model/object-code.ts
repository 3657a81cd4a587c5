import { run } from '../../../orchestrator/process/child.js';
import { CiError } from '../../../orchestrator/process/errors.js';

/** What the compiler made of the kernel under test and of the guest module: what a stack does not show. */
export interface ObjectCode {
  /** Whether a function of the kernel jumps to another one, which then stands on the stack in its place. */
  readonly jumps: (func: string, target: string) => Promise<boolean>;
  /** Whether a function of the guest module calls one of the kernel. */
  readonly moduleCalls: (func: string, target: string) => Promise<boolean>;
}

const OBJDUMP_MS = 60_000;

/** By `objdump -d`, one function at a time, each asked for once. */
export function objectCode(vmlinux: string, module: string, signal: AbortSignal): ObjectCode {
  const known = new Map<string, Promise<string>>();
  const code = (file: string, func: string): Promise<string> => {
    const key = `${file} ${func}`;
    const found = known.get(key) ?? disassemble(file, func, signal);
    known.set(key, found);
    return found;
  };
  return {
    jumps: async (func, target) => hasJump(await code(vmlinux, func), target),
    moduleCalls: async (func, target) => hasCall(await code(module, func), target),
  };
}

async function disassemble(file: string, func: string, signal: AbortSignal): Promise<string> {
  const what = `disassembly of ${func}`;
  const argv = ['objdump', '-dr', '--no-show-raw-insn', `--disassemble=${func}`, file];
  const { exitCode, stdout, stderr } = await run(argv, { what, deadlineMs: OBJDUMP_MS, signal });
  if (exitCode !== 0) throw new CiError('infra', `${what} failed`, { detail: stderr });
  return stdout;
}

/** A jump, conditional or not, to the first byte of a function of a linked kernel. */
export function hasJump(disassembly: string, target: string): boolean {
  return disassembly.split('\n').some((line) => /\tj\w+\s.*<([\w.]+)>/.exec(line)?.[1] === target);
}

/** A call by a relocation, as a module has it before it is loaded. */
export function hasCall(disassembly: string, target: string): boolean {
  const lines = disassembly.split('\n');
  return lines.some(
    (line, index) =>
      /\tcall\s/.test(line) &&
      /R_X86_64_(?:PLT32|PC32)\s+([\w.]+)-0x4/.exec(lines[index + 1] ?? '')?.[1] === target,
  );
}
