import { readFile } from 'node:fs/promises';
import { CiError } from '../process/errors.js';
import { sha256 } from '../store/hash.js';
import { findBugLayout, withoutLines, type BugLayout } from './bug-table.js';
import { parseElf, relocations, SHF_ALLOC, SHT_NOBITS, SHT_RELA, type Elf, type Section } from './elf.js';
import { kasanLines, type LineField } from './kasan-lines.js';

/** Build-ids, and what names the build rather than the code. */
function isNote(name: string): boolean {
  return name === '.notes' || name.startsWith('.note.');
}

/** The content of a section without the line numbers that are only for reports. */
function contentOf(section: Section, layout: BugLayout | undefined, lines: readonly LineField[]): Buffer {
  if (section.name === '__bug_table') return withoutLines(section.data, layout);
  const here = lines.filter((field) => field.section === section);
  if (here.length === 0) return section.data;
  const copy = Buffer.from(section.data);
  for (const { offset, size, fill } of here) copy.fill(fill, offset, offset + size);
  return copy;
}

/**
 * SHA-256 over what is loaded of a kernel or module: the sections with SHF_ALLOC without notes, line numbers in
 * __bug_table and, in a linked kernel, those that KASAN reports with counting as 0, and for a module the relocations of those
 * sections. Equal for equal code.
 */
export function elfSignature(
  elf: Elf,
  layout: BugLayout | undefined,
  lines: readonly LineField[] = [],
): string {
  const parts: (string | Uint8Array)[] = [];
  for (const section of elf.sections) {
    const loaded = (section.flags & SHF_ALLOC) !== 0n;
    if (section.type === SHT_RELA && !loaded) {
      const target = elf.sections[section.info];
      if (target === undefined || (target.flags & SHF_ALLOC) === 0n || isNote(target.name)) continue;
      const list = relocations(elf, section).map(
        ({ offset, type, addend, symbol }) => `${offset}:${type}:${addend}:${symbol}`,
      );
      parts.push(section.name, list.join('\n'));
      continue;
    }
    if (!loaded || isNote(section.name)) continue;
    parts.push(
      section.name,
      `${section.address}:${section.size}:${section.flags}:${section.type === SHT_NOBITS}`,
    );
    parts.push(contentOf(section, layout, lines));
  }
  return sha256(...parts);
}

async function readElf(file: string): Promise<Elf> {
  try {
    return parseElf(await readFile(file));
  } catch (error) {
    throw new CiError('infra', `cannot read ${file} as ELF: ${(error as Error).message}`, {
      where: file,
      cause: error,
      remedy: 'Remove the build folder with `ci doctor --clean` and run again.',
    });
  }
}

export interface KernelSignatures {
  readonly vmlinux: string;
  /** In the order of the modules given. */
  readonly modules: readonly string[];
}

/** Signatures of a linked kernel and of modules built for it. Throws CiError('infra') on a file that is not ELF. */
export async function kernelSignatures(
  vmlinux: string,
  modules: readonly string[],
): Promise<KernelSignatures> {
  const kernel = await readElf(vmlinux);
  const layout = findBugLayout(kernel);
  const found: string[] = [];
  for (const module of modules) found.push(elfSignature(await readElf(module), layout));
  return { vmlinux: elfSignature(kernel, layout, kasanLines(kernel)), modules: found };
}
