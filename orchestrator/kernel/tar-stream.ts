/** A file or link of a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'executable' | 'link';
  /** Content of a file, target of a link. */
  readonly data: Buffer;
  readonly mtime: number;
}

const BLOCK = 512;

function text(header: Buffer, offset: number, length: number): string {
  const end = header.indexOf(0, offset);
  return header.toString('utf8', offset, end < 0 || end > offset + length ? offset + length : end);
}

function octal(header: Buffer, offset: number, length: number): number {
  return Number.parseInt(text(header, offset, length).trim() || '0', 8);
}

/** Reads exactly n bytes at a time from chunks of any size. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Undefined at the end; throws if the end comes in the middle. */
  async take(size: number): Promise<Buffer | undefined> {
    if (this.#buffer.length < size) {
      const parts = [this.#buffer];
      let have = this.#buffer.length;
      while (have < size) {
        const next = await this.#chunks.next();
        if (next.done === true) {
          if (have === 0) return undefined;
          throw new Error('the tar archive is cut off');
        }
        parts.push(next.value);
        have += next.value.length;
      }
      this.#buffer = Buffer.concat(parts, have);
    }
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return taken;
  }
}

function paxPath(data: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(data.toString('utf8'))?.[1];
}

/**
 * Files and links of a tar archive (ustar, GNU long names, pax paths), without the archive's top folder. Throws Error
 * on a damaged or cut-off archive and on kinds of entries that a kernel source does not have.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = new Reader(chunks);
  let longName: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    if (text(header, 257, 5) !== 'ustar') throw new Error('not a tar archive');
    const isPosix = header.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isPosix ? text(header, 345, 155) : '';
    const own = text(header, 0, 100);
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    const link = longLink ?? text(header, 157, 100);
    const name = longName ?? (prefix === '' ? own : `${prefix}/${own}`);
    const mode = octal(header, 100, 8);
    const mtime = octal(header, 136, 12);
    const padded = (await reader.take(Math.ceil(size / BLOCK) * BLOCK)) ?? Buffer.alloc(0);
    if (padded.length < size) throw new Error('the tar archive is cut off');
    const data = padded.subarray(0, size);
    if (type === 'L') longName = text(data, 0, size);
    else if (type === 'K') longLink = text(data, 0, size);
    else if (type === 'x') longName = paxPath(data) ?? longName;
    else if (type !== 'g') {
      longName = undefined;
      longLink = undefined;
      const path = name.replace(/^(\.\/)?[^/]+\/?/, '');
      if (type === '5') continue;
      if (path === '') throw new Error(`the tar archive has ${name} outside a folder`);
      if (type === '0' || type === '\0') {
        yield { path, type: (mode & 0o100) === 0 ? 'file' : 'executable', data, mtime };
      } else if (type === '2') yield { path, type: 'link', data: Buffer.from(link), mtime };
      else throw new Error(`the tar archive has an entry of type ${type}: ${name}`);
    }
  }
}
