import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { fetchSeries } from '../../../orchestrator/series/message-id.js';
import { parseSpec, type Spec } from '../../../orchestrator/series/spec.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { ownCache } from './fake-tree.js';

ownCache();
const test = suite('series/spec');
const dir = scratchDir('spec');
writeFileSync(join(dir, 'odd..name@host'), 'x');

const good: readonly [string, Spec][] = [
  ['-', { kind: 'stdin' }],
  [dir, { kind: 'directory', path: dir }],
  [join(dir, 'odd..name@host'), { kind: 'file', path: join(dir, 'odd..name@host') }],
  ['v7.2..v7.3', { kind: 'range', from: 'v7.2', to: 'v7.3' }],
  ['HEAD~3..', { kind: 'range', from: 'HEAD~3', to: 'HEAD' }],
  ['..topic', { kind: 'range', from: 'HEAD', to: 'topic' }],
  ['20260114.abc-1@host.org', { kind: 'message-id', id: '20260114.abc-1@host.org' }],
  ['<20260114@host.org>', { kind: 'message-id', id: '20260114@host.org' }],
  [
    'https://lore.kernel.org/linux-mm/20260114@host.org/T/#u',
    { kind: 'message-id', id: '20260114@host.org' },
  ],
  ['https://lore.kernel.org/r/a%2Bb@host.org', { kind: 'message-id', id: 'a+b@host.org' }],
];
for (const [text, want] of good) test(`takes ${text}`, () => assert.equal(parseSpec(text), want));

const bad: readonly [string, RegExp][] = [
  ['../no/such.mbox', /no such file/],
  ['no-such.patch', /no such file/],
  ['topic', /no such file/],
  ['', /no such file/],
  ['a...b', /two dots|symmetric/],
  ['https://example.org/nothing', /no message-id/],
];
for (const [text, pattern] of bad) {
  test(`refuses "${text}"`, () => {
    assert.throws(
      () => parseSpec(text),
      (error: unknown) => error instanceof CiError && error.fault === 'usage' && pattern.test(error.message),
    );
  });
}

/** Runs with a PATH of one folder that may hold a b4 of ours, and the system's own folders without the real one. */
async function withB4<T>(script: string | undefined, body: () => Promise<T>): Promise<T> {
  const before = process.env['PATH'];
  const bin = scratchDir('bin');
  if (script !== undefined) {
    writeFileSync(join(bin, 'b4'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'b4'), 0o755);
  }
  process.env['PATH'] = script === undefined ? bin : `${bin}:${before}`;
  try {
    return await body();
  } finally {
    process.env['PATH'] = before;
  }
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.unreachable('it was found');
}

test('a message-id goes through b4, with git variables of the caller left out', async () => {
  process.env['GIT_DIR'] = '/nonexistent';
  try {
    const script = '[ -z "$GIT_DIR" ] && echo "From args $*"';
    const got = await withB4(script, () => fetchSeries('a@b'));
    assert.is(Buffer.from(got.bytes).toString(), 'From args --no-stdin mbox -o - a@b\n');
  } finally {
    delete process.env['GIT_DIR'];
  }
});

test('without b4 the remedy is named', async () => {
  const error = await withB4(undefined, () => rejection(fetchSeries('a@b')));
  assert.instance(error, CiError);
  assert.is((error as CiError).fault, 'usage');
  assert.match((error as CiError).details.remedy ?? '', /apt install b4/);
});

test("b4's words are shown when it finds nothing", async () => {
  const script = 'printf "Traceback\\n  File x\\n\\nConnectionError: 404\\n" >&2; exit 1';
  const error = await withB4(script, () => rejection(fetchSeries('a@b')));
  assert.is((error as CiError).fault, 'usage');
  assert.match((error as CiError).details.detail ?? '', /^ConnectionError: 404$/);
});

test.run();
