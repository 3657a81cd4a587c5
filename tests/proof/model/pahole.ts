/** Offset and size in bytes of a member, from the start of the struct. */
export type Place = readonly [offset: number, size: number];

/**
 * Members of a struct as pahole prints it, nested anonymous ones included; pahole counts their offsets from the start of
 * the outermost struct. A name that comes twice (`share` in two unions) must be at one place, or it is left out.
 */
export function parsePahole(text: string): ReadonlyMap<string, Place> {
  const found = new Map<string, Place | undefined>();
  const pattern = /(\w+)(?:\[\d+\])?(?:\s+__attribute__\(\(.*\)\))?;\s*\/\*\s*(\d+)\s+(\d+)\s*\*\/\s*$/;
  for (const line of text.split('\n')) {
    const [, name, offset, size] = pattern.exec(line) ?? [];
    if (name === undefined) continue;
    const place: Place = [Number(offset), Number(size)];
    const known = found.get(name);
    const clash = found.has(name) && String(known) !== String(place);
    found.set(name, clash ? undefined : place);
  }
  const places = new Map<string, Place>();
  for (const [name, place] of found) if (place !== undefined) places.set(name, place);
  return places;
}

/** `/* size: 64, … *\/` at the end of what pahole prints. */
export function sizeOf(text: string): number | undefined {
  const size = /\/\* size: (\d+),/.exec(text)?.[1];
  return size === undefined ? undefined : Number(size);
}

/**
 * What a field of the layout table is called in the headers of 7.3, where the table has another name for it: one that
 * every tree has (guests/module/probes.list).
 */
const HEADER_NAMES: Readonly<Record<string, string>> = {
  'page.index': 'page.__folio_index',
  'page.pgmap': 'folio.pgmap',
};

export interface LayoutTable {
  readonly sizeof: Readonly<Record<string, number>>;
  readonly fields: Readonly<Record<string, Place>>;
}

/** Every field of the table that pahole puts elsewhere, gives another size, or does not know; one line each. */
export function compareWithPahole(table: LayoutTable, page: string, folio: string): string[] {
  const members = { page: parsePahole(page), folio: parsePahole(folio) };
  const wrong: string[] = [];
  for (const [name, text] of [
    ['page', page],
    ['folio', folio],
  ] as const) {
    if (sizeOf(text) !== table.sizeof[name])
      wrong.push(`sizeof ${name}: table ${table.sizeof[name]}, pahole ${sizeOf(text)}`);
  }
  for (const [field, place] of Object.entries(table.fields)) {
    const [struct, member] = (HEADER_NAMES[field] ?? field).split('.') as ['page' | 'folio', string];
    const there = members[struct]?.get(member);
    if (String(there) !== String(place))
      wrong.push(`${field}: table ${place.join('+')}, pahole ${there?.join('+') ?? 'has no such member'}`);
  }
  return wrong;
}
