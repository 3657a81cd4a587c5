import { readFileSync } from 'node:fs';
import { complaints, failureCount, type FileReport } from './registry.js';

/** How what ran a test file ended, or how it stood when the file was through. */
export interface FileEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
}

/** What the process left in its report; undefined if that is no whole report. */
export function readReport(path: string): FileReport | undefined {
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

/** What is wrong with a file that is through; empty if nothing is. */
export function judge(end: FileEnd, report: FileReport | undefined): string[] {
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

export function endOf(end: Pick<FileEnd, 'exitCode' | 'signal'>): string {
  return end.signal === null ? `exit code ${end.exitCode}` : `killed by ${end.signal}`;
}
