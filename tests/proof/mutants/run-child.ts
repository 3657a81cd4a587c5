import path from 'node:path';
import { start } from '../../../orchestrator/process/child.js';
import { timer } from '../../../orchestrator/process/deadline.js';
import type { Copy } from './copy.js';
import type { Job, Word } from './job.js';

export interface ChildEnd {
  readonly words: readonly Word[];
  /** `passed` only where the child said so itself. */
  readonly end: 'passed' | 'failed' | 'timed out' | 'no code';
  /** What failed: a test, or the process. */
  readonly why: string;
}

/** How long a child may be silent, in milliseconds: `next` is what the coming test took on the unchanged model. */
export interface Patience {
  readonly start: number;
  readonly next: (suite: string, name: string) => number;
}

/** Runs a job in a process of its own, in a copy. */
export async function runChild(
  copy: Copy,
  job: Job,
  patience: Patience,
  signal: AbortSignal,
): Promise<ChildEnd> {
  const words: Word[] = [];
  let late = false;
  let cancel = (): void => {};
  const child = start(
    [process.execPath, '--max-old-space-size=1024', path.join(copy.dist, 'tests/proof/mutants/child.js')],
    {
      what: 'tests of a mutant',
      deadlineMs: 600_000,
      cwd: path.dirname(copy.dist),
      input: JSON.stringify(job),
      signal,
      onLine: (line, stream) => {
        if (stream !== 'stdout' || !line.startsWith('{"say":')) return;
        const word = JSON.parse(line) as Word;
        words.push(word);
        rearm(word.say === 'begin' ? patience.next(word.suite, word.name) : patience.start);
      },
    },
  );
  const rearm = (ms: number): void => {
    cancel();
    cancel = timer(ms, () => {
      late = true;
      void child.kill();
    });
  };
  rearm(patience.start);
  try {
    const { exitCode, stderr } = await child.done;
    if (late) return { words, end: 'timed out', why: lastTest(words) };
    if (exitCode === 0 && words.at(-1)?.say === 'done') return { words, end: 'passed', why: '' };
    if (/^SyntaxError:/m.test(stderr)) return { words, end: 'no code', why: stderr };
    const failed = words.find((word) => word.say === 'failed');
    const why = failed
      ? `${failed.suite}: ${failed.name}: ${failed.error.split('\n')[0]}`
      : `the process: ${/^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr}`;
    return { words, end: 'failed', why };
  } finally {
    cancel();
  }
}

function lastTest(words: readonly Word[]): string {
  const begun = words.findLast((word) => word.say === 'begin');
  return begun ? `${begun.suite}: ${begun.name}` : 'while loading';
}
