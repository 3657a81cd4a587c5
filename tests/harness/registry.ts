import { writeFileSync } from 'node:fs';

/** Environment variable with the file that a test process leaves its report in. */
export const REPORT_VARIABLE = 'CI_TEST_REPORT';

export interface SuiteReport {
  readonly name: string;
  /** `declared`: run() was not called; `scheduled`: it was, but the suite did not come to its end. */
  state: 'declared' | 'scheduled' | 'finished';
  declared: number;
  passed: number;
  /** `before`, `after` and the like count as failures with their own names. */
  readonly failures: { readonly test: string; readonly text: string }[];
  readonly skipped: { readonly test: string; readonly reason: string }[];
}

export interface FileReport {
  /** The process came to its own end, with everything in the report. */
  complete: boolean;
  /** How long the file as a whole may take, in milliseconds, if it says so. */
  fileTimeoutMs?: number;
  readonly suites: SuiteReport[];
}

/** What is wrong with a report, one line each; empty if every suite ran whole and passed. */
export function complaints(report: FileReport): string[] {
  const found: string[] = [];
  if (!report.complete) found.push('the process did not come to its end');
  if (report.suites.length === 0) found.push('no suite: declare one with tests/harness/suite.ts');
  for (const suite of report.suites) {
    const accounted = suite.passed + suite.failures.length + suite.skipped.length;
    if (suite.state === 'declared') found.push(`suite ${suite.name}: .run() was never called`);
    else if (suite.declared === 0) found.push(`suite ${suite.name}: no tests`);
    else if (suite.state === 'scheduled') found.push(`suite ${suite.name}: did not finish`);
    else if (accounted < suite.declared) {
      found.push(`suite ${suite.name}: ${suite.declared} tests, but only ${accounted} accounted for`);
    }
  }
  return found;
}

export function failureCount(report: FileReport): number {
  return report.suites.reduce((sum, suite) => sum + suite.failures.length, 0);
}

/** Of the file that runs, which is the only one of this process unless it is hosted. */
let report: FileReport = { complete: false, suites: [] };
let reportFile = process.env[REPORT_VARIABLE];
let installed = false;

function save(): void {
  if (reportFile !== undefined) writeFileSync(reportFile, JSON.stringify(report));
}

/** Closes the report; says what is missing in it and gives back what the exit code must be. */
function close(): 0 | 1 {
  report.complete = true;
  const wrong = complaints(report);
  for (const line of wrong) process.stdout.write(`FAIL  ${line}\n`);
  save();
  return wrong.length > 0 || failureCount(report) > 0 ? 1 : 0;
}

/** Adds a suite to what this process must account for when it ends. */
export function register(suite: SuiteReport, fileTimeoutMs?: number): void {
  if (!installed) {
    installed = true;
    process.on('exit', () => {
      if (close() !== 0) process.exitCode = 1;
    });
  }
  report.suites.push(suite);
  if (fileTimeoutMs !== undefined) report.fileTimeoutMs = Math.max(report.fileTimeoutMs ?? 0, fileTimeoutMs);
  save();
}

/**
 * One file of several in a process: `body` loads it and runs its suites. Gives back the exit code that it would have
 * ended with in a process of its own. What it changed of the environment and the working directory is taken back.
 */
export async function hosted(file: string, body: () => Promise<void>): Promise<0 | 1> {
  report = { complete: false, suites: [] };
  reportFile = file;
  installed = true;
  const crash = (): void => void close();
  process.once('exit', crash);
  const env = { ...process.env };
  const cwd = process.cwd();
  await body();
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.off('exit', crash);
  return close();
}
