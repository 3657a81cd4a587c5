import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { run } from '../../orchestrator/process/child.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { tool } from '../harness/tool.js';
import { ci, scratch } from './support/cli.js';

const test = suite('e2e: b4', { timeoutMs: 180_000, fileTimeoutMs: 600_000 });

const THREAD = path.join(projectRoot(), 'tests/fixtures/mail/reinit-v2.mbox');
const RUNS = path.join(projectRoot(), 'tests/fixtures/runs');
const ID = '20261120101500.4711-0-dev@example.org';
const dir = mkdtempSync(path.join(scratch('b4'), 'x-'));

const IDENTITY = {
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'user.name',
  GIT_CONFIG_VALUE_0: 'Jane',
  GIT_CONFIG_KEY_1: 'user.email',
  GIT_CONFIG_VALUE_1: 'jane@example.org',
};

interface Result {
  readonly tool: string;
  readonly status: string;
  readonly summary: string;
}

const mails = readFileSync(THREAD, 'utf8').split(/^(?=From [0-9a-f]{40} )/m);
/** As b4 hands it over: without the line that only an mbox has. */
const mail = (index: number): string => (mails[index] ?? '').replace(/^From .*\n/, '');
const check = (
  argv: readonly string[],
  input: string,
  env: Record<string, string> = {},
): ReturnType<typeof ci> => ci(['b4-check', '--runs', RUNS, ...argv], { input, env });

/** Of Debian's b4 on a thread in a file, as `b4 COMMAND -m FILE -o - ID` prints it. */
async function b4(command: 'am' | 'mbox', file: string): Promise<string> {
  const argv = [tool('b4'), '--offline-mode', '--no-stdin', command, '-m', file, '-o', '-', ID];
  const result = await run(argv, {
    what: `b4 ${command}`,
    deadlineMs: 60_000,
    cwd: dir,
    // It wants to know who the user is, and says nothing where git does not know.
    env: { HOME: dir, XDG_DATA_HOME: dir, XDG_CACHE_HOME: undefined, LC_ALL: 'C.UTF-8', ...IDENTITY },
  });
  assert.is(result.exitCode, 0, result.stderr);
  return result.stdout;
}

async function planOf(mbox: string): Promise<string[]> {
  const result = await ci(['run', '-', '--dry-run'], { input: mbox });
  assert.is(result.code, 0, result.stderr);
  return result.stdout.split('\n').filter((line) => /^ {2}\d /.test(line));
}

test('b4 am -o - ID | ci run -: the patches in order', async () => {
  // b4 0.12 ends in a traceback on a subject of two lines ("Header values may not contain linefeed").
  const file = path.join(dir, 'unfolded.mbox');
  writeFileSync(file, readFileSync(THREAD, 'utf8').replaceAll(/^(Subject: .*)\n /gm, '$1 '));
  const points = await planOf(await b4('am', file));
  assert.is(points.length, 4);
  assert.match(points[2] ?? '', 'mm/memremap: do not write every struct page of a folio twice');
});

test('b4 mbox -o - ID | ci run -: the whole thread, with subjects of two lines', async () => {
  assert.is((await planOf(await b4('mbox', THREAD))).length, 4);
});

test('b4-check: each patch has the verdict of the run that tested it', async () => {
  const statuses: string[] = [];
  for (const index of [1, 2, 3]) {
    const result = await check([], mail(index));
    assert.is(result.code, 0, result.stderr);
    const [only, ...more] = JSON.parse(result.stdout) as Result[];
    assert.equal([more, only?.tool], [[], 'zone-device-ci']);
    statuses.push(only?.status ?? '');
  }
  assert.equal(statuses, ['pass', 'fail', 'pass']);
});

test('b4-check: the cover letter, and --series whichever mail comes, have that of the series', async () => {
  for (const [argv, input] of [
    [[], mail(0)],
    [['--series'], mail(3)],
  ] as const) {
    const [only] = JSON.parse((await check(argv, input)).stdout) as Result[];
    assert.is(only?.status, 'fail');
    assert.match(only?.summary ?? '', /^patch 2\/3 bad/);
  }
});

test('b4-check: a patch that was sent again is known by what it changes', async () => {
  const again = mail(2).replace(/^Message-ID: .*$/m, 'Message-ID: <again@example.org>');
  const [only] = JSON.parse((await check([], again)).stdout) as Result[];
  assert.is(only?.status, 'fail');
});

test('b4-check: the tracking data of b4 say which mails belong together', async () => {
  const tracking = path.join(dir, 'tracking.json');
  const patch = { 'header-info': { msgid: ID.replace('-0-', '-2-') } };
  writeFileSync(tracking, JSON.stringify({ series: { revision: 2 }, patches: [patch] }));
  const cover = mail(0).replace(/^Message-ID: .*$/m, 'Message-ID: <other@example.org>');
  assert.equal(JSON.parse((await check([], cover)).stdout), []);
  const [only] = JSON.parse((await check([], cover, { B4_TRACKING_FILE: tracking })).stdout) as Result[];
  assert.is(only?.status, 'fail');
  writeFileSync(tracking, '{');
  const result = await check([], cover, { B4_TRACKING_FILE: tracking });
  assert.equal([result.code, JSON.parse(result.stdout)], [0, []]);
  assert.match(result.stderr, 'B4_TRACKING_FILE is left out');
});

test('b4-check: what nobody tested has nothing to say; nothing on stdin is a usage error without JSON', async () => {
  const other = 'From: a <a@b>\nSubject: [PATCH] x\nMessage-ID: <x@y>\n\ntext\n';
  const result = await check([], other);
  assert.equal([result.code, JSON.parse(result.stdout)], [0, []]);
  assert.match(result.stderr, 'no run tested x');
  const empty = await check([], '');
  assert.equal([empty.code, empty.stdout], [129, '']);
  assert.match(empty.stderr, 'standard input is empty');
});

test.run();
