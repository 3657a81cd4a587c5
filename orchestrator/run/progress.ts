import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { ListrTaskWrapper, DefaultRenderer, SimpleRenderer } from 'listr2';

/** Talk of a run, always on stderr. `update` replaces what the line says now; `done` is its last word. */
export interface Line {
  /** `text` says what is being done, `detail` how far it is; a view that is not live shows only the first detail of a text. */
  update(text: string, detail?: string): void;
  done(text: string): void;
}

export interface Progress {
  /** Runs one station under a line of its own. */
  stage<T>(title: string, body: (say: (text: string) => void) => Promise<T>): Promise<T>;
  /** Lines for things that go on side by side; call `finish` once all have said `done`. */
  lines(titles: readonly string[]): { readonly lines: readonly Line[]; finish(): Promise<void> };
  /** A remark the user should keep. */
  note(text: string): void;
}

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

function logger(): ListrLogger {
  return new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
}

/** A promise that somebody else settles (Promise.withResolvers came after Node 20). */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Columns for what a line says behind its title. */
const SAYS = 64;

/** A title that leaves room on its line for what becomes of it. */
export function shortened(title: string, columns = 80): string {
  const letters = Array.from(title);
  const room = Math.max(20, columns - SAYS);
  return letters.length <= room ? title : `${letters.slice(0, room - 1).join('')}…`;
}

/** A live view for terminals. Signals stay ours: listr2's own handler leaves with 127, which bisect takes for bad. */
export class LiveProgress implements Progress {
  async stage<T>(title: string, body: (say: (text: string) => void) => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    const started = Date.now();
    await new Listr(
      [
        {
          title,
          task: async (_: unknown, task: Task): Promise<void> => {
            const value = await body((text) => {
              task.title = `${title}: ${text}`;
            });
            result = { value };
            task.title = `${task.title} (${seconds(Date.now() - started)})`;
          },
        },
      ],
      { registerSignalListeners: false, rendererOptions: { logger: logger(), clearOutput: false } },
    ).run();
    if (result === undefined) throw new Error(`station ${title} ended without a result`);
    return result.value;
  }

  lines(wanted: readonly string[]): { readonly lines: readonly Line[]; finish(): Promise<void> } {
    const titles = wanted.map((title) => shortened(title, process.stderr.columns));
    const tasks: (Task | undefined)[] = titles.map(() => undefined);
    const waiting = titles.map(() => gate());
    const listr = new Listr(
      titles.map((title, index) => ({
        title,
        task: async (_: unknown, task: Task): Promise<void> => {
          tasks[index] = task;
          await waiting[index]?.opened;
        },
      })),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { logger: logger(), collapseSubtasks: false },
      },
    );
    const running = listr.run();
    const show = (index: number, text: string): void => {
      const task = tasks[index];
      if (task !== undefined) task.title = `${titles[index] ?? ''}: ${text}`;
    };
    return {
      lines: titles.map((_, index) => ({
        update: (text: string, detail?: string): void => show(index, withDetail(text, detail)),
        done: (text: string): void => {
          show(index, text);
          waiting[index]?.open();
        },
      })),
      finish: async (): Promise<void> => {
        for (const one of waiting) one.open();
        await running;
      },
    };
  }

  note(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }
}

function withDetail(text: string, detail = ''): string {
  return detail === '' ? text : `${text}, ${detail}`;
}

/** How often a line that only counts is repeated where nothing can be overwritten, in milliseconds. */
const REPEAT_MS = 10_000;

/** One line a change of state, with the seconds since the start: for pipes, CI and dumb terminals. */
export class PlainProgress implements Progress {
  readonly #started = Date.now();
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void = (text) => void process.stderr.write(text)) {
    this.#write = write;
  }

  async stage<T>(title: string, body: (say: (text: string) => void) => Promise<T>): Promise<T> {
    this.note(title);
    const started = Date.now();
    let said = '';
    let at = 0;
    const value = await body((text) => {
      // A percentage that moves is said now and then; a new kind of work at once.
      const kind = text.replace(/[\d.]+/g, '#');
      if (kind === said && Date.now() - at < REPEAT_MS) return;
      said = kind;
      at = Date.now();
      this.note(`${title}: ${text}`);
    });
    this.note(`${title}: done in ${seconds(Date.now() - started)}`);
    return value;
  }

  lines(titles: readonly string[]): { readonly lines: readonly Line[]; finish(): Promise<void> } {
    const said = titles.map(() => '');
    return {
      lines: titles.map((title, index) => ({
        update: (text: string, detail?: string): void => {
          if (text === said[index]) return;
          said[index] = text;
          this.note(`${title}: ${withDetail(text, detail)}`);
        },
        done: (text: string): void => this.note(`${title}: ${text}`),
      })),
      finish: (): Promise<void> => Promise.resolve(),
    };
  }

  note(text: string): void {
    this.#write(`[${((Date.now() - this.#started) / 1000).toFixed(1).padStart(7)}] ${text}\n`);
  }
}

/** `-q`: says nothing. */
export class SilentProgress implements Progress {
  stage<T>(_title: string, body: (say: (text: string) => void) => Promise<T>): Promise<T> {
    return body(() => undefined);
  }

  lines(titles: readonly string[]): { readonly lines: readonly Line[]; finish(): Promise<void> } {
    const quiet: Line = { update: () => undefined, done: () => undefined };
    return { lines: titles.map(() => quiet), finish: (): Promise<void> => Promise.resolve() };
  }

  note(_text: string): void {
    // Nothing: the exit code and the run directory speak.
  }
}

export function seconds(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Live only where somebody can see it move. */
export function chooseProgress(
  options: { readonly quiet: boolean; readonly verbose: boolean },
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
): Progress {
  if (options.quiet) return new SilentProgress();
  const plain =
    !stream.isTTY ||
    options.verbose ||
    env['TERM'] === 'dumb' ||
    (env['CI'] ?? '') !== '' ||
    (env['NO_COLOR'] ?? '') !== '';
  return plain ? new PlainProgress() : new LiveProgress();
}
