import { withDeadline } from '../process/deadline.js';
import { CiError } from '../process/errors.js';

const SILENCE_MS = 60_000;
const MAX_BYTES = 64 * 2 ** 20;

/**
 * All of standard input. CiError('usage') where it is a terminal or empty, with `remedy`; a pipe that stays silent for a
 * minute is a missed deadline.
 */
export async function readStdin(remedy: string): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new CiError('usage', 'standard input is a terminal', { remedy });
  const chunks: Buffer[] = [];
  const iterator = (process.stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  for (let size = 0; ;) {
    const next = await withDeadline(iterator.next(), SILENCE_MS, 'input on standard input');
    if (next.done === true) break;
    chunks.push(Buffer.from(next.value));
    size += next.value.length;
    if (size > MAX_BYTES) throw new CiError('usage', 'standard input is too big for a mail', { remedy });
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.every((byte) => byte <= 0x20)) throw new CiError('usage', 'standard input is empty', { remedy });
  return bytes;
}
