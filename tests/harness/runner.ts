import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { formatDuration } from '../../orchestrator/process/deadline.js';
import { Host } from './host.js';
import { runFile, type FileOptions, type FileResult } from './run-file.js';

export interface RunnerOptions extends FileOptions {
  /** How many files at a time. */
  readonly jobs: number;
  /** Whether a file must have the machine to itself; these run after the others, one by one. */
  readonly alone?: (file: string) => boolean;
  /** Whether a file waits for deadlines most of its time: these run one by one beside the others, and are none of the `jobs`. */
  readonly waits?: (file: string) => boolean;
  /**
   * Whether a file may share its process with others like it: it leaves neither timers nor handlers behind. Spares
   * the start of node and of our code, and what one file warmed up serves the next.
   */
  readonly together?: (file: string) => boolean;
  readonly say: (text: string) => void;
}

/** Every `*.test.js` below a folder, sorted. */
export function findTests(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Without those whose source is gone: tsc never removes what it once wrote. */
export function withSource(files: readonly string[], outDir: string, sourceDir: string): string[] {
  return files.filter((file) => existsSync(join(sourceDir, relative(outDir, file)).replace(/\.js$/, '.ts')));
}

function show(result: FileResult, say: (text: string) => void): void {
  const mark = result.failed === 0 ? 'ok  ' : 'FAIL';
  const counts = [`${result.passed} passed`];
  if (result.failed > 0) counts.push(`${result.failed} failed`);
  if (result.skipped > 0) counts.push(`${result.skipped} skipped`);
  say(`${mark}  ${result.file}  ${counts.join(', ')}  (${formatDuration(result.durationMs)})`);
  if (result.failed === 0) return;
  for (const text of result.trouble) say(indent(text));
  say(`\n${indent(`output of ${result.file}:\n${result.output}`)}\n`);
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '      ');
}

/**
 * Runs the files, each in its own process unless it may share one; one line for each as it ends, failures in full,
 * and last, alone on its line, `N passed, N failed`. Resolves with whether there was at least one test and nothing
 * failed.
 */
export async function runTests(files: readonly string[], options: RunnerOptions): Promise<boolean> {
  const alone = files.filter((file) => options.alone?.(file) ?? false);
  const waiting = files.filter((file) => !alone.includes(file) && options.waits?.(file) === true);
  const beside = files.filter((file) => !alone.includes(file) && !waiting.includes(file));
  let passed = 0;
  let failed = 0;
  const take = (result: FileResult): void => {
    passed += result.passed;
    failed += result.failed;
    show(result, options.say);
  };
  const work = async (queue: string[]): Promise<void> => {
    const host = new Host(options);
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      take(options.together?.(file) === true ? await host.run(file) : await runFile(file, options));
    }
    const trouble = await host.end();
    if (trouble !== undefined) take(trouble);
  };
  const lanes = Array.from({ length: Math.max(1, options.jobs) }, () => work(beside));
  await Promise.all([...lanes, work(waiting)]);
  await work(alone);
  if (passed + failed === 0) {
    options.say('FAIL  no test was run');
    failed = 1;
  }
  options.say(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
