import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RunRecord } from '../../../orchestrator/store/records.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Words in front of the launcher: a program that runs it somewhere else. */
  readonly within?: readonly string[];
  /** Called ten times a second with all of stderr so far; may send a signal. */
  readonly onTalk?: (talk: string, kill: (signal: NodeJS.Signals) => void, pid: number) => void;
}

/** Runs the launcher as a user would. Never rejects: what came of it is the result. */
export function ci(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const [program = '', ...words] = [...(options.within ?? []), path.join(projectRoot(), 'ci'), ...argv];
    const child = spawn(program, words, {
      cwd: options.cwd ?? projectRoot(),
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ticks = setInterval(() => {
      options.onTalk?.(stderr, (signal) => child.kill(signal), child.pid ?? -1);
    }, 100);
    child.once('error', reject);
    child.once('close', () => clearInterval(ticks));
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, ms: Date.now() - started }),
    );
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
}

/** `run.json` of a `ci run --json`, checked against its schema. Fails with what the command said otherwise. */
export function recordOf(result: CliResult): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(result.stdout);
  } catch {
    throw new Error(
      `no JSON on stdout (exit ${result.code}):\n${result.stdout.slice(0, 2000)}\n${result.stderr.slice(-4000)}`,
    );
  }
  return RunRecord.parse(parsed);
}

/** Runs scenarios that are enough to tell a good kernel on a series; the whole suite has its own e2e test. */
export async function quickRun(series: string): Promise<{ result: CliResult; record: RunRecord }> {
  const out = path.join(scratch('quick'), 'run');
  const only = ['--suite', 'mixed-order', '--test', 'mixed-order/S*'];
  const result = await ci(['run', series, ...only, '--json', '--out', out]);
  return { result, record: recordOf(result) };
}

/** A directory that goes when the test file ends. */
export function scratch(name: string): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), `ci-e2e-${name}-`));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
