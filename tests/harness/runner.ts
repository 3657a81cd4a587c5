import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { start, type LiveChild } from '../../orchestrator/process/child.js';
import { formatDuration, timer } from '../../orchestrator/process/deadline.js';
import { complaints, failureCount, REPORT_VARIABLE, type FileReport } from './registry.js';
import { scratchDir } from './temp.js';

export interface RunnerOptions {
  /** How many files at a time. */
  readonly jobs: number;
  /** Whether a file must have the machine to itself; these run after the others, one by one. */
  readonly alone?: (file: string) => boolean;
  /** For a file that does not state its own, in milliseconds. */
  readonly fileTimeoutMs: number;
  /** Folder that file names are shown relative to. */
  readonly root: string;
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
  /** What is wrong, to be shown in full; empty if nothing is. */
  readonly trouble: readonly string[];
  readonly output: string;
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

function readReport(path: string): FileReport | undefined {
  try {
    // Written by registry.ts of this very build; a process that dies while writing leaves no JSON.
    return JSON.parse(readFileSync(path, 'utf8')) as FileReport;
  } catch {
    return undefined;
  }
}

/** uvu's own count, as a second witness: the last "Total:" and "Passed:" it printed. */
export function uvuCount(stdout: string): { total: number; passed: number } | undefined {
  const last = (word: string): number | undefined => {
    const found = [...stdout.matchAll(new RegExp(`^ *${word}: +(\\d+)$`, 'gm'))].at(-1)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const total = last('Total');
  const passed = last('Passed');
  return total === undefined || passed === undefined ? undefined : { total, passed };
}

/** What is wrong with a file whose process has ended; empty if nothing is. */
export function judge(
  end: { readonly exitCode: number | null; readonly signal: string | null; readonly stdout: string },
  report: FileReport | undefined,
): string[] {
  if (report === undefined) {
    return [`did not report (${endOf(end)}): the file must declare its tests with tests/harness/suite.ts`];
  }
  const trouble = complaints(report);
  const count = uvuCount(end.stdout);
  if (count === undefined) trouble.push('uvu did not count its tests');
  else if (count.passed < count.total && failureCount(report) === 0) {
    trouble.push(`uvu passed ${count.passed} of ${count.total}`);
  }
  if (end.exitCode !== 0 && failureCount(report) === 0) trouble.push(endOf(end));
  for (const suite of report.suites) {
    for (const failure of suite.failures) {
      // uvu shows errors when a suite ends; of one that did not, only the report has them.
      const text = suite.state === 'finished' ? '' : `\n${failure.text}`;
      trouble.push(`failed: ${suite.name} "${failure.test}"${text}`);
    }
  }
  return trouble;
}

function endOf(end: { readonly exitCode: number | null; readonly signal: string | null }): string {
  return end.signal === null ? `exit code ${end.exitCode}` : `killed by ${end.signal}`;
}

/** Kills the child once its file's time is over: the runner's default, or what the file stated when it began. */
function watch(
  child: LiveChild,
  reportFile: string,
  defaultMs: number,
  onLate: (ms: number) => void,
): () => void {
  let cancel = timer(defaultMs, () => {
    const ms = Math.max(defaultMs, readReport(reportFile)?.fileTimeoutMs ?? 0);
    const expire = (): void => {
      onLate(ms);
      void child.kill();
    };
    if (ms > defaultMs) cancel = timer(ms - defaultMs, expire);
    else expire();
  });
  return () => cancel();
}

/** Runs one test file in a process of its own. */
export async function runFile(file: string, options: RunnerOptions): Promise<FileResult> {
  const reportFile = join(scratchDir('report'), 'report.json');
  const began = performance.now();
  const lines: string[] = [];
  let late: string | undefined;
  const child = start([process.execPath, '--enable-source-maps', file], {
    what: relative(options.root, file),
    deadlineMs: Number.POSITIVE_INFINITY,
    env: { [REPORT_VARIABLE]: reportFile, FORCE_COLOR: '0' },
    onLine: (line) => void lines.push(line),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const stopWatching = watch(child, reportFile, options.fileTimeoutMs, (ms) => {
    late = `did not end within ${formatDuration(ms)}, killed`;
  });
  const end = await child.done.finally(stopWatching);
  const report = readReport(reportFile);
  const trouble = [...(late === undefined ? [] : [late]), ...judge(end, report)];
  const failures = report === undefined ? 0 : failureCount(report);
  return {
    file: relative(options.root, file).split(sep).join('/'),
    passed: report?.suites.reduce((sum, suite) => sum + suite.passed, 0) ?? 0,
    failed: Math.max(failures, trouble.length > 0 ? 1 : 0),
    skipped: report?.suites.reduce((sum, suite) => sum + suite.skipped.length, 0) ?? 0,
    durationMs: performance.now() - began,
    trouble,
    output: lines.join('\n'),
  };
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
 * Runs the files, each in its own process; one line for each as it ends, failures in full, and last, alone on its line,
 * `N passed, N failed`. Resolves with whether there was at least one test and nothing failed.
 */
export async function runTests(files: readonly string[], options: RunnerOptions): Promise<boolean> {
  const alone = files.filter((file) => options.alone?.(file) ?? false);
  const beside = files.filter((file) => !alone.includes(file));
  let passed = 0;
  let failed = 0;
  const work = async (queue: string[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(file, options);
      passed += result.passed;
      failed += result.failed;
      show(result, options.say);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, () => work(beside)));
  await work(alone);
  if (passed + failed === 0) {
    options.say('FAIL  no test was run');
    failed = 1;
  }
  options.say(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
