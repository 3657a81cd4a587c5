import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { CiError } from '../process/errors.js';
import { projectRoot } from './paths.js';

/** Bytes of a file that is read at once. */
const WHOLE = 1 << 20;

function addPart(hash: Hash, part: string | Uint8Array): void {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
  hash.update(`${bytes.length}:`).update(bytes);
}

/** SHA-256 in hex over parts that carry their length, so that ("ab","c") and ("a","bc") differ. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) addPart(hash, part);
  return hash.digest('hex');
}

/**
 * SHA-256 in hex over names (relative to `root`) and contents; the order of `files` does not matter. A file that
 * cannot be read or changes its size meanwhile is a CiError('infra').
 */
export async function hashFiles(files: readonly string[], root = projectRoot()): Promise<string> {
  const hash = createHash('sha256');
  const named = files.map((file) => ({
    file: resolve(root, file),
    name: relative(root, resolve(root, file)),
  }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const { file, name } of named) {
    try {
      const { size } = statSync(file);
      addPart(hash, name);
      hash.update(`${size}:`);
      let seen = 0;
      // Hundreds of small files: what a stream costs for each is ten times what reading one does.
      const chunks = size > WHOLE ? createReadStream(file) : [readFileSync(file)];
      for await (const chunk of chunks as AsyncIterable<Buffer> | Iterable<Buffer>) {
        seen += chunk.length;
        hash.update(chunk);
      }
      if (seen !== size) throw new Error(`it changed while it was read`);
    } catch (error) {
      throw new CiError(
        'infra',
        `cannot hash ${file}: ${error instanceof Error ? error.message : String(error)}`,
        {
          where: file,
          cause: error,
        },
      );
    }
  }
  return hash.digest('hex');
}
