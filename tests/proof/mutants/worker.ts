import { readFileSync } from 'node:fs';
import path from 'node:path';
import { start } from '../../../orchestrator/process/child.js';
import type { LiveChild } from '../../../orchestrator/process/child.js';
import { timer } from '../../../orchestrator/process/deadline.js';
import { DIST } from './files.js';
import type { End, Job, TestName, Word } from './job.js';

export interface Outcome {
  readonly words: readonly Word[];
  readonly end: End;
  readonly why: string;
}

/** What V8 keeps of old generations adds up: a child is replaced after so many jobs. */
const JOBS_PER_CHILD = 250;
/** How long loading a test file may take beside its first test, in milliseconds of CPU. */
const LOAD_MS = 2000;
/** A child that has computed nothing at all for so long, in milliseconds, waits for what does not come. */
const IDLE_MS = 60_000;
const CHECK_MS = 200;

/** CPU time of a process so far, in milliseconds; 0 where it is gone (utime and stime of proc_pid_stat(5), in ticks of 10 ms). */
function computedMs(pid: number): number {
  try {
    const [, fields = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const ticks = fields.split(' ').slice(11, 13).map(Number);
    return ticks.reduce((sum, one) => sum + one, 0) * 10;
  } catch {
    return 0;
  }
}

/** A process that runs the tests of one mutant after the other, and is replaced when it dies or is stuck. */
export class Worker {
  readonly #signal: AbortSignal;
  #child: LiveChild | undefined;
  #jobs = 0;
  #take: (word: Word) => void = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async run(job: Job): Promise<Outcome> {
    if (this.#jobs >= JOBS_PER_CHILD) await this.stop();
    const child = (this.#child ??= this.#start());
    this.#jobs += 1;
    const words: Word[] = [];
    let cancel = (): void => {};
    const answer = new Promise<Outcome>((resolve) => {
      let computed = computedMs(child.pid);
      let began = computed;
      let grewAt = performance.now();
      const check = (): void => {
        const passed = words.filter(({ say }) => say === 'passed').length;
        const test = job.tests[Math.min(passed, job.tests.length - 1)] as TestName;
        const now = computedMs(child.pid);
        if (now !== computed) [computed, grewAt] = [now, performance.now()];
        const why = `${test.suite}: ${test.name}`;
        if (now - began > test.limitMs + LOAD_MS) resolve({ words, end: 'timed out', why });
        else if (performance.now() - grewAt > IDLE_MS)
          resolve({ words, end: 'timed out', why: `${why}: waits` });
        else cancel = timer(CHECK_MS, check);
      };
      this.#take = (word) => {
        began = computedMs(child.pid);
        words.push(word);
        if (word.say === 'end') resolve({ words, end: word.end, why: word.why });
      };
      cancel = timer(CHECK_MS, check);
      void child.done.then(
        ({ exitCode, signal, stderr }) => {
          const how = signal ?? `exit code ${exitCode}`;
          const error = /^.*(?:Error|heap).*$/m.exec(stderr)?.[0] ?? '';
          resolve({ words, end: 'failed', why: `the process: ${how} ${error}` });
        },
        (error: unknown) => resolve({ words, end: 'failed', why: String(error) }),
      );
    });
    child.writeStdin(`${JSON.stringify(job)}\n`);
    const outcome = await answer;
    cancel();
    this.#signal.throwIfAborted();
    if (words.at(-1)?.say !== 'end') await this.stop();
    return outcome;
  }

  async stop(): Promise<void> {
    this.#take = () => {};
    await this.#child?.kill();
    this.#child = undefined;
    this.#jobs = 0;
  }

  #start(): LiveChild {
    const program = path.join(DIST, 'tests/proof/mutants/child.js');
    const node = ['--experimental-vm-modules', '--no-warnings', '--max-old-space-size=2048'];
    return start([process.execPath, ...node, program], {
      what: 'tests of mutants',
      deadlineMs: Number.POSITIVE_INFINITY,
      maxBufferBytes: 2 ** 29,
      signal: this.#signal,
      onLine: (line, stream) => {
        if (stream === 'stdout' && line.startsWith('{"say":')) this.#take(JSON.parse(line) as Word);
      },
    });
  }
}
