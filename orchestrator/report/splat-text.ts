import { stripPrefix } from '../ktap/lines.js';

/** Lines of an oops that say nothing to who has no vmlinux of this kernel: registers, code, raw bytes, guessed frames. */
const NOISE =
  /^(?:Modules linked in:|Code:|[RE]?(?:AX|SP|IP|FLAGS|DX|SI|BP|R?\d\d):|RIP: \d|RSP: \d|R[A-Z\d]{2}: |FS: |CS: |CR\d: |DR\d: |PKRU:|raw: |head: [\da-f]{16} |note: |---\[ end|-+\[ cut here)|^\s*\? /;
/** An absolute path of the machine that built the module; only its last part means something elsewhere. */
const BUILD_PATH = /(?:\/[\w.@+~-]+){2,}\/(?=[\w-]+\.[ch]:\d)/g;

/**
 * The lines of a splat that a reader elsewhere can use, without times, thread ids, and paths of this machine.
 * @param most lines at most; `…` stands for what is left out
 */
export function splatExcerpt(text: string, most: number): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => stripPrefix(line).replace(BUILD_PATH, ''))
    .filter((line) => line.trim() !== '' && !NOISE.test(line));
  return lines.length > most ? [...lines.slice(0, most), '…'] : lines;
}
