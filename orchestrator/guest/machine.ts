import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { projectRoot } from '../store/paths.js';

export const Accelerator = z.enum(['kvm', 'tcg']);
export type Accelerator = z.infer<typeof Accelerator>;

const Deadlines = z.strictObject({
  firstLine: z.number().int().positive(),
  ready: z.number().int().positive(),
});

const OnOff = z.union([z.enum(['on', 'off']), z.boolean()]).transform((value) => {
  if (typeof value === 'string') return value;
  return value ? 'on' : 'off';
});

const Word = z.string().regex(/^[^\s,"]+$/, 'one word without commas or quotes');

/** A kind of guest: everything about it that is not the kernel under test. Times in milliseconds. */
export const Machine = z.strictObject({
  name: Word,
  qemu: z.strictObject({ binary: z.string().min(1), package: Word, sandbox: z.boolean() }),
  machine: z.strictObject({ type: Word, options: z.record(Word, OnOff).default({}) }),
  cpu: z.strictObject({ count: z.number().int().min(1).max(64), kvm: Word, tcg: Word }),
  memory: z.strictObject({
    mib: z.number().int().min(256).max(65_536),
    /** Memory kept from the page allocator for a test module, which gets the address as a parameter. */
    reserved: z
      .array(
        z.strictObject({
          start: z
            .number()
            .int()
            .multipleOf(128 * 2 ** 20, 'must be a multiple of 128 MiB (SPARSEMEM section)'),
          mib: z.number().int().positive().multipleOf(128),
          module: Word,
          parameter: Word,
        }),
      )
      .default([]),
  }),
  cmdline: z.array(z.strictObject({ arg: z.string().min(1), why: z.string().min(1) })),
  deadlines: z.strictObject({ kvm: Deadlines, tcg: Deadlines }),
});
export type Machine = z.infer<typeof Machine>;

type Path = readonly (string | number)[];

/** Offset of the deepest node on the path that the file has. */
function offsetOf(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** Parses a machine file. Errors are CiError('usage') that begin with `file:line:column`. */
export function parseMachine(text: string, file: string): Machine {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (offset: number, message: string): CiError => {
    const { line, col } = lines.linePos(offset);
    const where = `${file}:${line}:${col}`;
    return new CiError('usage', `${where}: ${message}`, { where });
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) throw fail(syntax.pos[0], syntax.message);
  const parsed = Machine.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).filter((part): part is string | number => typeof part !== 'symbol');
  throw fail(offsetOf(document, path), `${path.length === 0 ? '' : `${path.join('.')}: `}${issue?.message}`);
}

export function machinesDir(): string {
  return join(projectRoot(), 'guests', 'machines');
}

/** Reads guests/machines/NAME.yaml. CiError('usage') if there is none or it is wrong. */
export function loadMachine(name = 'x86_64'): Machine {
  const file = join(machinesDir(), `${name}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CiError('usage', `there is no machine "${name}"`, { where: file, cause: error });
  }
  return parseMachine(text, relative(process.cwd(), file));
}

/** `spm_addr_dev0=0x40000000 …`: what a module has to be told about the memory reserved for it. */
export function reservedParameters(machine: Machine, module: string): string[] {
  return machine.memory.reserved
    .filter((region) => region.module === module)
    .map((region) => `${region.parameter}=0x${region.start.toString(16)}`);
}
