/** A file of an initramfs. Paths are relative to the root, without a leading slash. */
export type CpioEntry =
  | { readonly path: string; readonly kind: 'dir'; readonly mode: number }
  | { readonly path: string; readonly kind: 'file'; readonly mode: number; readonly data: Uint8Array }
  | { readonly path: string; readonly kind: 'link'; readonly target: string }
  | {
      readonly path: string;
      readonly kind: 'char';
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const TYPE = { dir: 0o040000, file: 0o100000, link: 0o120000, char: 0o020000 } as const;

/** The kernel unpacks archives back to back; zeros between them are skipped up to a multiple of 4 (init/initramfs.c do_reset). */
const BLOCK = 512;

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

function padding(length: number, to: number): Buffer {
  return Buffer.alloc((to - (length % to)) % to);
}

function body(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.data;
  return entry.kind === 'link' ? Buffer.from(entry.target) : new Uint8Array();
}

interface Header {
  readonly ino: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

function member(header: Header, name: string, data: Uint8Array): Buffer[] {
  const path = Buffer.from(`${name}\0`);
  const { ino, mode, links, size, major, minor } = header;
  // Owner, group, time, device and checksum are 0: the same content gives the same bytes whoever packs it.
  const fields = [ino, mode, 0, 0, links, 0, size, 0, 0, major, minor, path.length, 0];
  const head = Buffer.concat([Buffer.from(`070701${fields.map(hex).join('')}`, 'latin1'), path]);
  return [head, padding(head.length, 4), Buffer.from(data), padding(data.length, 4)];
}

/** Folders that the paths of the entries need and that are not entries themselves. */
function parents(entries: readonly CpioEntry[]): CpioEntry[] {
  const have = new Set(entries.map(({ path }) => path));
  const missing = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const folder = parts.slice(0, length).join('/');
      if (!have.has(folder)) missing.add(folder);
    }
  }
  return [...missing].map((path) => ({ path, kind: 'dir', mode: 0o755 }));
}

/**
 * An uncompressed archive in the "newc" form (Documentation/driver-api/early-userspace/buffer-format.rst), padded so
 * that another can follow. Entries are sorted, missing folders added; equal entries give equal bytes.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const all = [...parents(entries), ...entries].sort((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0,
  );
  const chunks: Buffer[] = [];
  for (const [index, entry] of all.entries()) {
    const data = body(entry);
    const permissions = entry.kind === 'link' ? 0o777 : entry.mode;
    const device = entry.kind === 'char' ? entry : { major: 0, minor: 0 };
    const header = {
      ino: index + 1,
      mode: TYPE[entry.kind] | permissions,
      links: entry.kind === 'dir' ? 2 : 1,
      size: data.length,
      major: device.major,
      minor: device.minor,
    };
    chunks.push(...member(header, entry.path, data));
  }
  chunks.push(
    ...member({ ino: 0, mode: 0, links: 1, size: 0, major: 0, minor: 0 }, 'TRAILER!!!', new Uint8Array()),
  );
  const archive = Buffer.concat(chunks);
  return Buffer.concat([archive, padding(archive.length, BLOCK)]);
}
