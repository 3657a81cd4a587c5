import type { TarEntry } from './tar-stream.js';

export interface ImportInfo {
  readonly message: string;
  readonly tag: string;
}

const MODES = { file: '100644', executable: '100755', link: '120000' } as const;
const IDENTITY = 'Debian kernel source <zone-device-ci@localhost>';
const PROGRESS_EVERY = 2000;

/** A path as fast-import reads it (git-fast-import(1), filemodify): quoted where it has to be. */
export function importPath(path: string): string {
  if (!/^"|[\n\\]/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/**
 * The stream for `git fast-import`: one commit of all entries on refs/heads/main and a tag. Its date is the newest one
 * in the archive, so that the same package always gives the same commit. Throws Error if there is no entry.
 */
export async function* fastImportStream(
  entries: AsyncIterable<TarEntry>,
  info: ImportInfo,
): AsyncGenerator<Buffer | string> {
  const files: string[] = [];
  let newest = 0;
  for await (const { path, type, data, mtime } of entries) {
    const mark = files.length + 1;
    files.push(`M ${MODES[type]} :${mark} ${importPath(path)}\n`);
    newest = Math.max(newest, mtime);
    yield `blob\nmark :${mark}\ndata ${data.length}\n`;
    yield data;
    yield '\n';
    if (mark % PROGRESS_EVERY === 0) yield `progress ${mark} files\n`;
  }
  if (files.length === 0) throw new Error('the archive is empty');
  const message = Buffer.from(info.message);
  yield `commit refs/heads/main\nmark :${files.length + 1}\n`;
  yield `author ${IDENTITY} ${newest} +0000\ncommitter ${IDENTITY} ${newest} +0000\n`;
  yield `data ${message.length}\n`;
  yield message;
  yield `\n${files.join('')}\n`;
  yield `reset refs/tags/${info.tag}\nfrom :${files.length + 1}\n\n`;
  yield 'done\n';
}
