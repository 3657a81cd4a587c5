import { remaining } from './forecast.js';
import type { Ahead, Task } from './forecast.js';
import { seconds } from './progress.js';
import type { Line } from './progress.js';

/** How often the line says how long it will still take, in milliseconds. */
const TICK_MS = 1000;

export type Work = 'build' | 'test';

/** The line of the whole run: how much of it is done and, where earlier runs tell, when the rest will be. */
export class Outlook {
  readonly #legs: readonly Record<Work, { state: Task['state']; since: number }>[];
  readonly #expected: (work: Work, leg: number) => number | undefined;
  readonly #line: Line;
  readonly #what: string;
  readonly #now: () => number;
  readonly #started: number;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param legs kernels that are to be built and tested, in this order
   * @param what what these are called
   * @param expected how long that work takes for a leg, in milliseconds; undefined where it was never seen
   */
  constructor(
    legs: number,
    what: string,
    expected: (work: Work, leg: number) => number | undefined,
    line: Line,
    now: () => number = Date.now,
  ) {
    const ahead = (): { state: Task['state']; since: number } => ({ state: 'ahead', since: 0 });
    this.#legs = Array.from({ length: legs }, () => ({ build: ahead(), test: ahead() }));
    this.#expected = expected;
    this.#line = line;
    this.#what = what;
    this.#now = now;
    this.#started = now();
    this.#timer = setInterval(() => this.#say(), TICK_MS);
    this.#timer.unref();
  }

  begin(work: Work, leg: number): void {
    this.#set(work, leg, 'running');
  }

  /** It is done, or does not have to be. */
  end(work: Work, leg: number): void {
    this.#set(work, leg, 'over');
    if (work === 'test') this.#say();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#line.done(`${this.#count()} in ${seconds(this.#now() - this.#started)}`);
  }

  #set(work: Work, leg: number, state: Task['state']): void {
    const task = this.#legs[leg]?.[work];
    if (task === undefined) throw new Error(`no leg ${leg}`);
    task.state = state;
    task.since = this.#now();
  }

  #count(): string {
    const done = this.#legs.filter(({ test }) => test.state === 'over').length;
    return `${done} of ${this.#legs.length} ${this.#what} done`;
  }

  #say(): void {
    const now = this.#now();
    const task = (work: Work, leg: number): Task => {
      const { state, since } = this.#legs[leg]?.[work] ?? { state: 'over', since: now };
      const expected = this.#expected(work, leg);
      return { state, elapsedMs: now - since, ...(expected === undefined ? {} : { expectedMs: expected }) };
    };
    const ahead = this.#legs.map((_, leg): Ahead => ({ build: task('build', leg), test: task('test', leg) }));
    this.#line.update(this.#count(), inWords(remaining(ahead)));
  }
}

/** Nothing where nothing is known, and nothing once it is over. */
function inWords(left: ReturnType<typeof remaining>): string {
  if (left === undefined || (left.ms === 0 && !left.late)) return '';
  const late = left.late ? 'longer than before' : '';
  const time = left.ms < 1000 ? '' : `${left.late ? 'at least' : 'about'} ${rounded(left.ms)} to go`;
  return [late, time].filter((part) => part !== '').join(', ');
}

/** A forecast is no better than that: `45 s`, `3 min`. */
function rounded(ms: number): string {
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
