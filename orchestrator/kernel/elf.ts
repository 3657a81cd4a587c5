/** Just enough of ELF64 little-endian to hash a kernel: sections, symbols, relocations (gabi, elf(5)). */

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  /** Empty for a section without content in the file (.bss). */
  readonly data: Buffer;
}

export interface Relocation {
  readonly offset: bigint;
  readonly type: number;
  readonly addend: bigint;
  /** Name of the symbol, or of the section it stands for. */
  readonly symbol: string;
}

export interface Elf {
  readonly sections: readonly Section[];
}

export const SHT_RELA = 4;
const SHT_SYMTAB = 2;
export const SHT_NOBITS = 8;
export const SHF_ALLOC = 2n;
export const SHF_EXECINSTR = 4n;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const STT_SECTION = 3;
const SYMBOL_SIZE = 24;

function cString(table: Buffer, offset: number): string {
  const end = table.indexOf(0, offset);
  return table.toString('latin1', offset, end < 0 ? table.length : end);
}

function slice(file: Buffer, offset: number, size: number): Buffer {
  if (offset + size > file.length) throw new Error('ELF file is cut off');
  return file.subarray(offset, offset + size);
}

/** Parses an ELF64 little-endian file. Throws Error if it is something else or cut off. */
export function parseElf(file: Buffer): Elf {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) throw new Error('not an ELF file');
  if (file[4] !== ELFCLASS64 || file[5] !== ELFDATA2LSB) throw new Error('not ELF64 little-endian');
  const tableOffset = Number(file.readBigUInt64LE(40));
  const entrySize = file.readUInt16LE(58);
  let count = file.readUInt16LE(60);
  let namesIndex = file.readUInt16LE(62);
  const header = (index: number): Buffer => slice(file, tableOffset + index * entrySize, 64);
  // More sections than 16 bits hold: the true numbers are in section 0.
  if (count === 0) count = Number(header(0).readBigUInt64LE(32));
  if (namesIndex === 0xffff) namesIndex = header(0).readUInt32LE(40);
  const contentOf = (entry: Buffer): Buffer =>
    entry.readUInt32LE(4) === SHT_NOBITS
      ? Buffer.alloc(0)
      : slice(file, Number(entry.readBigUInt64LE(24)), Number(entry.readBigUInt64LE(32)));
  const names = contentOf(header(namesIndex));
  const sections = Array.from({ length: count }, (_, index): Section => {
    const entry = header(index);
    return {
      name: cString(names, entry.readUInt32LE(0)),
      type: entry.readUInt32LE(4),
      flags: entry.readBigUInt64LE(8),
      address: entry.readBigUInt64LE(16),
      size: Number(entry.readBigUInt64LE(32)),
      link: entry.readUInt32LE(40),
      info: entry.readUInt32LE(44),
      data: index === 0 ? Buffer.alloc(0) : contentOf(entry),
    };
  });
  return { sections };
}

/** Relocations of one SHT_RELA section, with their symbols by name, so that renumbered symbols are the same. */
export function relocations(elf: Elf, rela: Section): Relocation[] {
  const symbols = elf.sections[rela.link];
  const strings = elf.sections[symbols?.link ?? 0];
  if (symbols === undefined || strings === undefined) throw new Error('ELF relocations without symbols');
  const found: Relocation[] = [];
  for (let at = 0; at + 24 <= rela.data.length; at += 24) {
    const info = rela.data.readBigUInt64LE(at + 8);
    const symbol = slice(symbols.data, Number(info >> 32n) * SYMBOL_SIZE, SYMBOL_SIZE);
    const section = elf.sections[symbol.readUInt16LE(6)];
    const isSection = ((symbol[4] ?? 0) & 0xf) === STT_SECTION;
    const name = isSection ? `section ${section?.name ?? ''}` : cString(strings.data, symbol.readUInt32LE(0));
    found.push({
      offset: rela.data.readBigUInt64LE(at),
      type: Number(info & 0xffffffffn),
      addend: rela.data.readBigInt64LE(at + 16),
      // A local symbol (a static variable) may exist twice under one name: its place tells them apart.
      symbol: `${name}+${section?.name ?? ''}@${symbol.readBigUInt64LE(8).toString(16)}`,
    });
  }
  return found;
}

/** Values of global symbols of a linked file, by name; those it does not have are left out. */
export function symbolAddresses(elf: Elf, names: readonly string[]): Map<string, bigint> {
  const wanted = new Set(names);
  const found = new Map<string, bigint>();
  const table = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = elf.sections[table?.link ?? 0];
  if (table === undefined || strings === undefined) return found;
  // Global symbols come behind the local ones; sh_info is the index of the first.
  for (let at = table.info * SYMBOL_SIZE; at + SYMBOL_SIZE <= table.data.length; at += SYMBOL_SIZE) {
    const name = cString(strings.data, table.data.readUInt32LE(at));
    if (wanted.has(name)) found.set(name, table.data.readBigUInt64LE(at + 8));
  }
  return found;
}
