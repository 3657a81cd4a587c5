import { SHF_EXECINSTR, type Elf, type Section } from './elf.js';

/** How struct bug_entry lies in memory (include/asm-generic/bug.h; line is the u16 before the u16 flags). */
export interface BugLayout {
  readonly size: number;
  readonly lineOffset: number;
}

/** bug_addr, file, line, flags; since 6.19 x86-64 has a format pointer after bug_addr (HAVE_ARCH_BUG_FORMAT). */
const CANDIDATES: readonly BugLayout[] = [
  { size: 16, lineOffset: 12 },
  { size: 12, lineOffset: 8 },
];

function within(sections: readonly Section[], address: bigint): boolean {
  return sections.some(
    (section) => address >= section.address && address < section.address + BigInt(section.size),
  );
}

/**
 * Finds the layout from a linked kernel itself: the first word of every entry is a relative pointer to code, and the
 * word before the line number one to the file name. Undefined if no known layout fits; then line numbers count.
 */
export function findBugLayout(vmlinux: Elf): BugLayout | undefined {
  const table = vmlinux.sections.find((section) => section.name === '__bug_table');
  if (table === undefined || table.size === 0) return undefined;
  const code = vmlinux.sections.filter((section) => (section.flags & SHF_EXECINSTR) !== 0n);
  const data = vmlinux.sections.filter((section) => section.address !== 0n);
  const target = (at: number): bigint => table.address + BigInt(at) + BigInt(table.data.readInt32LE(at));
  return CANDIDATES.find(({ size, lineOffset }) => {
    if (table.size % size !== 0) return false;
    for (let at = 0; at < table.size; at += size) {
      if (!within(code, target(at)) || !within(data, target(at + lineOffset - 4))) return false;
    }
    return true;
  });
}

/** The content of a __bug_table with its line numbers set to zero. */
export function withoutLines(table: Buffer, layout: BugLayout | undefined): Buffer {
  if (layout === undefined || table.length % layout.size !== 0) return table;
  const copy = Buffer.from(table);
  for (let at = 0; at < copy.length; at += layout.size) copy.writeUInt16LE(0, at + layout.lineOffset);
  return copy;
}
