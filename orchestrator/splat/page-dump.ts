/** Fields of the kernel's page dump, as in `Splat.fields` (mm/debug.c: __dump_folio, dump_page). */
const LINES: readonly RegExp[] = [
  /^page:\s*\S*\s*refcount:(?<refcount>-?\d+) mapcount:(?<mapcount>-?\d+) mapping:(?<mapping>\S+) index:(?<index>\S+) pfn:(?<pfn>\S+)/,
  /^head:\s*\S*\s*order:(?<order>\d+) (?:mapcount:(?<headMapcount>-?\d+) )?entire_mapcount:(?<entireMapcount>-?\d+) nr_pages_mapped:(?<nrPagesMapped>-?\d+) pincount:(?<pincount>-?\d+)/,
  /^memcg:(?<memcg>[0-9a-f]+)$/,
  /^(?:anon |ksm )?flags: (?<flagsWord>0x[0-9a-f]+)(?:\((?<flags>[^)]*)\))?/,
  /^page_type: (?<pageType>.+)$/,
  /^page dumped because: (?<dumpReason>.+)$/,
  /^page does not match (?<unfaithful>folio)$/,
];

const RAW = /^(?:raw|head): [0-9a-f]{16}/;

/** The fields that one line of a page dump holds; undefined where it is no such line. */
export function pageDumpFields(text: string): Record<string, string> | undefined {
  for (const pattern of LINES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const fields: Record<string, string> = {};
    for (const [name, value] of Object.entries(match.groups ?? {})) {
      if (typeof value === 'string') fields[name] = value;
    }
    return fields;
  }
  return RAW.test(text) ? {} : undefined;
}
