import { createHash } from 'node:crypto';
import type { Event, PointRecord, RunRecord, TestRecord } from '../store/records.js';
import type { Format, Told } from './format.js';
import { printable } from './printable.js';
import { splatExcerpt } from './splat-text.js';
import { failureInWords, titleOf } from './words.js';

/** Name of the system that submits; every id begins with it. */
const ORIGIN = 'zone_device_ci';
/** The schema's limit of an excerpt, in characters. */
const EXCERPT = 16_384;
const SPLAT_LINES = 100;

type Status = 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'SKIP';

/**
 * KCIDB's report, schema 5.3 (kernelci/kcidb-io, kcidb_io/schema/v05_03.py): a checkout and a build for each point, and the tests
 * that ran there. Nothing is sent: `kcidb-submit` reads it on stdin. It has no address of logs, since nobody serves ours.
 */
export const kcidb: Format = {
  name: 'kcidb',
  summary: 'KCIDB v5.3 JSON',
  render: (told) => `${JSON.stringify(reportOf(told), null, 2)}\n`,
};

function reportOf({ run, events }: Told): Record<string, unknown> {
  return {
    version: { major: 5, minor: 3 },
    checkouts: run.points.map((point) => checkout(run, point)),
    builds: run.points.flatMap((point) => build(run, point, startOf(events, point.index, 'build'))),
    tests: run.points.flatMap((point) => {
      const started = testStarts(events, point.index);
      return point.tests.map((test) => testOf(run, point, test, started.get(test.id)));
    }),
  };
}

const idOf = (run: RunRecord, point: PointRecord): string => `${ORIGIN}:${plain(run.id)}-${point.index}`;

function checkout(run: RunRecord, point: PointRecord): Record<string, unknown> {
  const { base, series } = run;
  const hash = /^[0-9a-f]{40}$/.test(base.commit) ? { git_commit_hash: base.commit } : {};
  const patches = run.points.filter(({ index }) => index > 0 && index <= point.index);
  const messageId = series?.messageId;
  const patchset = patchsetHash(patches);
  return {
    id: idOf(run, point),
    origin: ORIGIN,
    ...hash,
    git_commit_name: plain(base.describe),
    ...(patchset === undefined ? {} : { patchset_hash: patchset }),
    ...(messageId !== undefined && /^[^\s@<>]+@[^\s@<>]+$/.test(messageId) ? { message_id: messageId } : {}),
    comment: plain(
      point.index === 0 ? `${titleOf(run)}: base` : `${titleOf(run)}: ${point.index} ${point.subject}`,
    ),
    start_time: run.startedAt,
    valid: point.build.status !== 'not-applied',
    misc: {
      run: run.id,
      tree: base.tree,
      base_found_by: base.foundBy,
      commit: point.commit,
      patch_ids: patches.flatMap(({ patchId }) => (patchId === undefined ? [] : [patchId])),
      verdict: point.verdict,
      reason: point.reason,
    },
  };
}

/**
 * The schema's patchset_hash: SHA256 of the SHA256 of each patch file, a line each; empty for no patches. As
 * `sha256sum *.patch | cut -c-64 | sha256sum | cut -c-64` has it. Undefined where a patch came as a commit.
 */
function patchsetHash(patches: readonly PointRecord[]): string | undefined {
  if (patches.length === 0) return '';
  const hashes = patches.flatMap(({ patchSha256 }) => patchSha256 ?? []);
  if (hashes.length < patches.length) return undefined;
  return createHash('sha256')
    .update(hashes.map((hash) => `${hash}\n`).join(''))
    .digest('hex');
}

function build(run: RunRecord, point: PointRecord, started: string | undefined): Record<string, unknown>[] {
  const { status, durationMs, compiler, configHash, error, configDiffers } = point.build;
  if (status === 'not-applied' || status === 'not-run') return [];
  return [
    {
      id: idOf(run, point),
      checkout_id: idOf(run, point),
      origin: ORIGIN,
      ...(started === undefined ? {} : { start_time: started }),
      duration: durationMs / 1000,
      architecture: 'x86_64',
      ...(compiler === undefined ? {} : { compiler: plain(compiler) }),
      config_name: plain(run.profiles.join('+')),
      ...(error === undefined ? {} : { log_excerpt: plain(error).slice(0, EXCERPT) }),
      status: (status === 'failed' ? 'FAIL' : 'PASS') satisfies Status,
      misc: {
        cached: status === 'cached',
        ...(configHash === undefined ? {} : { config_hash: configHash }),
        ...(configDiffers === undefined ? {} : { config_differs: configDiffers }),
        ...(point.kernelSignature === undefined ? {} : { kernel_signature: point.kernelSignature }),
        ...(point.inheritedFrom === undefined
          ? {}
          : { same_kernel_as: `${ORIGIN}:${plain(run.id)}-${point.inheritedFrom}` }),
      },
    },
  ];
}

function testOf(
  run: RunRecord,
  point: PointRecord,
  test: TestRecord,
  started: string | undefined,
): Record<string, unknown> {
  const lines = [
    ...failureInWords(test),
    ...test.splats.flatMap(({ text }) => splatExcerpt(text, SPLAT_LINES)),
  ];
  const told = test.verdict === 'pass' ? '' : lines.map(plain).join('\n').slice(0, EXCERPT);
  const { id, verdict, kind, failureKey, runs, matches, reused } = test;
  return {
    id: `${idOf(run, point)}:${plain(id)}`,
    build_id: idOf(run, point),
    origin: ORIGIN,
    path: pathOf(id),
    environment: {
      comment: plain(`${run.machine.name}, ${run.machine.qemuVersion}, ${run.accelerator.name}`),
      misc: { accelerator: run.accelerator.name, why: run.accelerator.why },
    },
    status: statusOf(verdict),
    ...(test.reason === undefined ? {} : { comment: plain(test.reason) }),
    ...(told === '' ? {} : { log_excerpt: told }),
    ...(started === undefined ? {} : { start_time: started }),
    duration: test.durationMs / 1000,
    misc: { id, verdict, ...(kind && { kind }), ...(failureKey && { failureKey }), runs, matches, reused },
  };
}

/** An intermittent failure is one: the numbers beside it say how often. What is known is excused; our own errors are no test. */
function statusOf(verdict: TestRecord['verdict']): Status {
  switch (verdict) {
    case 'pass':
    case 'known':
      return 'PASS';
    case 'fail':
    case 'flaky':
      return 'FAIL';
    case 'skip':
      return 'SKIP';
    case 'error':
      return 'MISS';
  }
}

/** A path in their tree of tests: letters, digits, `_` and `-` between dots. The whole id is in `misc`. */
function pathOf(id: string): string {
  return id
    .split('/')
    .map((part) => part.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replaceAll(/^_+|_+$/g, '') || '_')
    .join('.');
}

function startOf(events: readonly Event[], index: number, name: string): string | undefined {
  const event = events.find(
    (one) => one.type === 'station' && one.name === name && one.phase === 'start' && one.point === index,
  );
  return event === undefined ? undefined : new Date(event.t).toISOString();
}

/** When each test of a point was first begun. */
function testStarts(events: readonly Event[], index: number): ReadonlyMap<string, string> {
  const starts = new Map<string, string>();
  for (const event of events)
    if (event.type === 'test-start' && event.point === index && !starts.has(event.id))
      starts.set(event.id, new Date(event.t).toISOString());
  return starts;
}

/** On one line and without what no text of theirs may hold. */
function plain(text: string): string {
  return printable(text);
}
