import { run as runChild } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { printable } from '../report/printable.js';
import { notVouched } from '../report/tested-by.js';
import type { RunRecord } from '../store/records.js';

const DEADLINE_MS = 10_000;

/**
 * The name that goes into a Tested-by: line, where the user asks for one; where not, and the run is complete and good,
 * it is only suggested, on stderr. Throws CiError('usage') for a run that is not enough to vouch for, and where git
 * does not know who the user is.
 */
export async function vouch(run: RunRecord, wanted: boolean): Promise<string | undefined> {
  const why = notVouched(run);
  if (!wanted) {
    if (why !== undefined) return undefined;
    const name = await identity();
    if (name !== undefined)
      process.stderr.write(
        `ci: the run is complete and good: --tested-by adds "Tested-by: ${printable(name)}"\n`,
      );
    return undefined;
  }
  if (why !== undefined)
    throw new CiError('usage', `--tested-by is for a complete good run, and this is none: ${why}`, {
      remedy: 'send the mail without it',
    });
  const name = await identity();
  if (name === undefined)
    throw new CiError('usage', '--tested-by: git does not know your name and address', {
      remedy: '`git config --global user.name "…"` and `git config --global user.email …`',
    });
  return name;
}

/** `Name <address>` as git would sign a commit here; undefined where it does not know. */
async function identity(): Promise<string | undefined> {
  const ask = async (key: string): Promise<string> => {
    const result = await runChild(['git', 'config', '--get', key], {
      what: 'git config',
      deadlineMs: DEADLINE_MS,
    });
    return result.exitCode === 0 ? result.stdout.trim() : '';
  };
  const [name, email] = [await ask('user.name'), await ask('user.email')];
  return name === '' || email === '' ? undefined : `${name} <${email}>`;
}
