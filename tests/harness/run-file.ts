import { join, relative, sep } from 'node:path';
import { start } from '../../orchestrator/process/child.js';
import { formatDuration, timer } from '../../orchestrator/process/deadline.js';
import { judge, readReport, type FileEnd } from './judge.js';
import { failureCount, REPORT_VARIABLE } from './registry.js';
import { scratchDir } from './temp.js';

export interface FileOptions {
  /** For a file that does not state its own, in milliseconds. */
  readonly fileTimeoutMs: number;
  /** Folder that file names are shown relative to. */
  readonly root: string;
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

/** Where a test file's report is to be left: a file that is not there yet. */
export function reportPath(): string {
  return join(scratchDir('report'), 'report.json');
}

/**
 * Calls `onLate`, once, when a file's time is over: the runner's default, or what the file stated in its report
 * when it began. Returns what stops the watch.
 */
export function watch(reportFile: string, defaultMs: number, onLate: (what: string) => void): () => void {
  let cancel = timer(defaultMs, () => {
    const ms = Math.max(defaultMs, readReport(reportFile)?.fileTimeoutMs ?? 0);
    const expire = (): void => onLate(`did not end within ${formatDuration(ms)}, killed`);
    if (ms > defaultMs) cancel = timer(ms - defaultMs, expire);
    else expire();
  });
  return () => cancel();
}

/** What a file that is through comes to. `late`: what watch() said of it, if it did. */
export function resultOf(
  file: string,
  root: string,
  ran: {
    readonly end: FileEnd;
    readonly reportFile: string;
    readonly late: string | undefined;
    readonly durationMs: number;
    readonly lines: readonly string[];
  },
): FileResult {
  const report = readReport(ran.reportFile);
  const trouble = [...(ran.late === undefined ? [] : [ran.late]), ...judge(ran.end, report)];
  const failures = report === undefined ? 0 : failureCount(report);
  return {
    file: relative(root, file).split(sep).join('/'),
    passed: report?.suites.reduce((sum, suite) => sum + suite.passed, 0) ?? 0,
    failed: Math.max(failures, trouble.length > 0 ? 1 : 0),
    skipped: report?.suites.reduce((sum, suite) => sum + suite.skipped.length, 0) ?? 0,
    durationMs: ran.durationMs,
    trouble,
    output: ran.lines.join('\n'),
  };
}

/** Runs one test file in a process of its own. */
export async function runFile(file: string, options: FileOptions): Promise<FileResult> {
  const reportFile = reportPath();
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
  const stopWatching = watch(reportFile, options.fileTimeoutMs, (what) => {
    late = what;
    void child.kill();
  });
  const end = await child.done.finally(stopWatching);
  return resultOf(file, options.root, {
    end,
    reportFile,
    late,
    durationMs: performance.now() - began,
    lines,
  });
}
