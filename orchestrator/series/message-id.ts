import { run } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { which } from '../process/which.js';
import { tempDir } from '../store/temp.js';
import type { InputFile } from './sniff.js';

const B4_DEADLINE_MS = 180_000;

/**
 * Fetches the thread of a message-id with b4 (0.12 and later). `b4 mbox` and not `b4 am`: it keeps the cover letter, and
 * Debian 12's `b4 am` ends in a traceback on a subject of more than one line ("Header values may not contain linefeed").
 */
export async function fetchSeries(id: string, signal?: AbortSignal): Promise<InputFile> {
  if (which('b4') === undefined) {
    throw new CiError('usage', `SERIES "${id}" is a message-id, which needs b4, and b4 is not installed`, {
      remedy: 'Install it (`apt install b4`), or save the thread as an mbox and pass the file.',
    });
  }
  const folder = tempDir('b4');
  const gitVariables = Object.keys(process.env).filter((name) => name.startsWith('GIT_'));
  const result = await run(['b4', '--no-stdin', 'mbox', '-o', '-', id], {
    what: `b4 mbox ${id}`,
    deadlineMs: B4_DEADLINE_MS,
    cwd: folder,
    env: { ...Object.fromEntries(gitVariables.map((name) => [name, undefined])), LC_ALL: 'C.UTF-8' },
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.exitCode === 0 && result.stdout.trim() !== '') {
    return { name: id, bytes: Buffer.from(result.stdout) };
  }
  throw new CiError('usage', `b4 could not get the thread of message-id ${id}`, {
    remedy: 'Check the message-id and the network; or save the thread as an mbox and pass the file.',
    detail: plainWords(result.stderr),
  });
}

/** Without the frames of a Python traceback: its last line says what was wrong. */
function plainWords(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => /^\S/.test(line) && !/^(?:Traceback|During handling|The above exception)/.test(line))
    .slice(-1)
    .join('\n');
}
