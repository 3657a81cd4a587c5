/**
 * The middle of a pipe: reads a tar archive on stdin, writes a stream for `git fast-import --done` on stdout.
 * Arguments: tag, commit message. A process of its own, so that unpacking, this and git share the CPUs.
 */
import { once } from 'node:events';
import { fastImportStream } from './fast-import.js';
import { readTar } from './tar-stream.js';

const BATCH = 1 << 20;

async function main(): Promise<void> {
  const [tag, message] = process.argv.slice(2);
  if (tag === undefined || message === undefined) throw new Error('usage: tar-import-main TAG MESSAGE');
  let batch: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const data = Buffer.concat(batch, size);
    batch = [];
    size = 0;
    if (!process.stdout.write(data)) await once(process.stdout, 'drain');
  };
  for await (const part of fastImportStream(readTar(process.stdin as AsyncIterable<Buffer>), {
    tag,
    message,
  })) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    batch.push(bytes);
    size += bytes.length;
    if (size >= BATCH) await flush();
  }
  await flush();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
