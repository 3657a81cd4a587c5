import { SHF_EXECINSTR, symbolAddresses, type Elf, type Section } from './elf.js';

/** Bytes of a linked kernel that hold a line number for reports and nothing else: a section and an offset in it. */
export interface LineField {
  readonly section: Section;
  readonly offset: number;
  readonly size: number;
  /** What stands there instead: a digit in a text, 0 in a word. */
  readonly fill: number;
}

/** First word of an instrumented stack frame, followed by the address of its description (mm/kasan/kasan.h). */
const CURRENT_STACK_FRAME_MAGIC = Buffer.from([0xb3, 0x8a, 0xb5, 0x41]);
/** Bytes of code between the two stores; seen are up to 47, the compiler moves others in between. */
const STORE_WINDOW = 64;
/** struct kasan_global and struct kasan_source_location (mm/kasan/kasan.h): what the compiler emits. */
const GLOBAL = { size: 64, location: 48 };
const LOCATION = { size: 16, line: 8 };
/** A constructor: a few instructions that end in the call. */
const CONSTRUCTOR_BYTES = 40;
const MOV_ESI = 0xbe;
const CALL = 0xe8;
const JMP = 0xe9;

/** Code and data of an x86-64 kernel, by the low half of the address: all lie in the last 2 GiB. */
class Image {
  readonly #sections: readonly (readonly [start: number, section: Section])[];

  constructor(elf: Elf) {
    this.#sections = elf.sections
      .filter(({ address, data }) => address >> 32n === 0xffffffffn && data.length > 0)
      .map((section) => [low(section.address), section]);
  }

  at(address: number): { readonly section: Section; readonly offset: number } | undefined {
    for (const [start, section] of this.#sections)
      if (address >= start && address < start + section.data.length)
        return { section, offset: address - start };
    return undefined;
  }

  /** A 64-bit pointer in the file; undefined where it is none to this image. */
  pointer(section: Section, offset: number): number | undefined {
    if (offset + 8 > section.data.length || section.data.readUInt32LE(offset + 4) !== 0xffffffff)
      return undefined;
    return section.data.readUInt32LE(offset);
  }
}

function low(address: bigint): number {
  return Number(address & 0xffffffffn);
}

/**
 * Where KASAN keeps line numbers in a linked kernel: in the texts that describe the variables of a stack frame
 * (`1 32 24 10 params:268`) and in the source locations of globals. Both are only for reports. What is not found for
 * certain by what refers to it is left alone, so that its lines count. Empty without KASAN.
 */
export function kasanLines(vmlinux: Elf): LineField[] {
  const image = new Image(vmlinux);
  return [...stackLines(vmlinux, image), ...globalLines(vmlinux, image)];
}

function stackLines(vmlinux: Elf, image: Image): LineField[] {
  const found = new Map<number, LineField[]>();
  for (const { flags, data } of vmlinux.sections) {
    if ((flags & SHF_EXECINSTR) === 0n) continue;
    let magic = data.indexOf(CURRENT_STACK_FRAME_MAGIC);
    for (; magic >= 0; magic = data.indexOf(CURRENT_STACK_FRAME_MAGIC, magic + 1)) {
      const end = Math.min(magic + STORE_WINDOW, data.length - 4);
      for (let at = magic + 4; at < end; at += 1) {
        // The operand of the store is sign-extended: an address of the kernel is negative.
        if (data.readInt32LE(at) >= 0) continue;
        const address = data.readUInt32LE(at);
        const fields = found.get(address) ?? descriptionLines(image, address);
        if (fields === undefined) continue;
        found.set(address, fields);
        break;
      }
    }
  }
  return [...found.values()].flat();
}

/** Digits of the line numbers in a description; undefined where the address has no description, whole and exact. */
function descriptionLines(image: Image, address: number): LineField[] | undefined {
  const place = image.at(address);
  if (place === undefined) return undefined;
  const { section, offset } = place;
  const end = section.data.indexOf(0, offset);
  if (end < 0 || end === offset) return undefined;
  const fields = lineDigits(section.data.toString('latin1', offset, end));
  return fields?.map(([from, size]) => ({ section, offset: offset + from, size, fill: 0x30 }));
}

/**
 * Where the line numbers of a frame description are: `N` and for each of N variables ` offset size length name`, in which the name
 * is `length` bytes and may end in `:line`. Undefined if a text is anything else.
 */
export function lineDigits(text: string): [from: number, size: number][] | undefined {
  const [count] = /^[1-9]\d*/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const digits: [number, number][] = [];
  let at = count.length;
  for (let left = Number(count); left > 0; left -= 1) {
    const [head, length] = /^ \d+ \d+ (\d+) /.exec(text.slice(at)) ?? [];
    if (head === undefined) return undefined;
    const start = at + head.length;
    at = start + Number(length);
    const name = text.slice(start, at);
    if (name.length !== Number(length) || /[ \0]/.test(name) || name === '') return undefined;
    const [, line] = /:(\d+)$/.exec(name) ?? [];
    if (line !== undefined) digits.push([at - line.length, line.length]);
  }
  return at === text.trimEnd().length ? digits : undefined;
}

/** Each object file has a constructor that hands its array of struct kasan_global to __asan_register_globals(). */
function globalLines(vmlinux: Elf, image: Image): LineField[] {
  const symbols = symbolAddresses(vmlinux, ['__ctors_start', '__ctors_end', '__asan_register_globals']);
  const [start, end, register] = ['__ctors_start', '__ctors_end', '__asan_register_globals'].map((name) =>
    symbols.get(name),
  );
  if (start === undefined || end === undefined || register === undefined) return [];
  const fields: LineField[] = [];
  for (let at = low(start); at < low(end); at += 8) {
    const slot = image.at(at);
    const code = slot && image.pointer(slot.section, slot.offset);
    const array = code === undefined ? undefined : registered(image, code, low(register));
    if (array === undefined) continue;
    for (let i = 0; i < array.count; i += 1) {
      const field = locationLine(image, array.address + i * GLOBAL.size);
      if (field !== undefined) fields.push(field);
    }
  }
  return fields;
}

/** The arguments that a constructor calls the function with: `mov $count,%esi; mov $array,%rdi; call`. */
function registered(
  image: Image,
  constructorAt: number,
  target: number,
): { readonly address: number; readonly count: number } | undefined {
  const place = image.at(constructorAt);
  if (place === undefined) return undefined;
  const code = place.section.data.subarray(place.offset, place.offset + CONSTRUCTOR_BYTES);
  for (let at = 12; at + 5 <= code.length; at += 1) {
    if (code[at] !== CALL && code[at] !== JMP) continue;
    if ((constructorAt + at + 5 + code.readInt32LE(at + 1)) >>> 0 !== target) continue;
    const before = code.subarray(0, at);
    const rdi = before.indexOf(Buffer.from([0x48, 0xc7, 0xc7]));
    const esi = [rdi - 5, rdi + 7].find((one) => before[one] === MOV_ESI && one + 5 <= at);
    if (rdi < 0 || rdi + 7 > at || esi === undefined) return undefined;
    return { address: before.readUInt32LE(rdi + 3), count: before.readUInt32LE(esi + 1) };
  }
  return undefined;
}

function locationLine(image: Image, global: number): LineField | undefined {
  const place = image.at(global);
  if (place === undefined || place.offset + GLOBAL.size > place.section.data.length) return undefined;
  const address = image.pointer(place.section, place.offset + GLOBAL.location);
  const location = address === undefined ? undefined : image.at(address);
  if (location === undefined || location.offset + LOCATION.size > location.section.data.length)
    return undefined;
  // A location begins with the name of the file; anything else is not one.
  if (image.pointer(location.section, location.offset) === undefined) return undefined;
  return { section: location.section, offset: location.offset + LOCATION.line, size: 4, fill: 0 };
}
