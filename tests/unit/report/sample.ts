import type { Deviation, PointRecord, RunRecord, TestRecord } from '../../../orchestrator/store/records.js';
import type { KnownIssue } from '../../../orchestrator/verdict/known-issues.js';
import type { TableContext } from '../../../orchestrator/report/terminal.js';
import { baselineOf } from '../../../orchestrator/verdict/baseline.js';
import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import { comparePoints } from '../../../orchestrator/verdict/points.js';
import type { PointFacts } from '../../../orchestrator/verdict/point-tests.js';

/** A subject that attacks a terminal, a page and a reader: colour, title, markup, direction, width. */
export const HOSTILE =
  "mm: \u001b[2J\u001b]0;owned\u0007<script>alert(1)</script>\"onload='x' &amp; \u202egnp.exe\u0000 `x` 漢字漢字 a\nnext line\u009b31m";

const leak: Deviation = {
  kind: 'stale-field',
  step: 3,
  page: 1,
  byte: 0,
  field: 'PG_workingset',
  writtenAs: 'PG_large_rmappable',
  transition: 'tail1→order0',
  expected: '0xc000000000002000',
  found: '0xc000000000002200',
  mask: '0x200',
  known: 'large-rmappable-leak',
};

const memcg: Deviation = {
  kind: 'stale-field',
  step: 3,
  page: 1,
  byte: 56,
  field: 'memcg_data',
  writtenAs: '_nr_pages',
  transition: 'tail1→order0',
  expected: '0x0',
  found: '0x200',
  mask: '0x200',
  story:
    'page 1 byte 56 = 0x200: `_nr_pages` of the order-9 folio at page 0, written in step 1 by prep_compound_head, not cleared by step 3; core-mm reads it as `memcg_data`: the folio counts as charged (mm/memcontrol.c:2881, with MEMCG)',
};

export function record(
  id: string,
  verdict: TestRecord['verdict'],
  more: Partial<TestRecord> = {},
): TestRecord {
  return {
    id,
    suite: id.split('/')[0] ?? '',
    verdict,
    runs: 1,
    matches: verdict === 'fail' ? 1 : 0,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 12,
    reused: false,
    ...more,
  };
}

const known = (id: string): TestRecord => record(id, 'known', { deviations: [leak] });
const fails = (id: string): TestRecord =>
  record(id, 'fail', {
    kind: 'stale-field',
    failureKey: 'stale-field memcg_data 0x200 tail1→order0',
    deviations: [leak, memcg],
  });
const hang = record('mixed-order/S2b', 'fail', {
  kind: 'hang',
  failureKey: 'hang: folio_wait_bit_common < __folio_lock < zone_device_page_init',
  reason: 'step 4 did not return within 3000 ms, in state D at __folio_lock+0x17/0x20',
  splats: [
    {
      title: 'INFO: task hung in folio_wait_bit_common',
      altTitles: [],
      frames: ['folio_wait_bit_common', '__folio_lock', 'zone_device_page_init'],
      corrupted: false,
      text: 'INFO: task zdagent:70 blocked for more than 10 seconds.\n  <TASK>\n folio_wait_bit_common+0x13f/0x330',
      fields: {},
    },
  ],
  runs: 2,
  matches: 2,
});

const PAIRS = ['9@0,0@1', '9@0,4@16', '8@0,0@1', '3@0,0@1'];
const boots = bootRecord({ booted: true, attempts: 1, durationMs: 1900 });
const upstream = ['hmm.open_close', 'hmm.migrate'].map((name) =>
  record(`hmm-tests/${name}`, 'pass', { reused: true }),
);
const coherent = record('hmm-tests/hmm.coherent', 'skip', {
  reason: 'no reserved memory for a coherent device',
});

function suiteOf(pair: (id: string) => TestRecord, s2b: TestRecord): TestRecord[] {
  const pairs = PAIRS.map((name) => `mixed-order/A2/${name}`);
  return [boots, record('mixed-order/A1', 'pass'), ...pairs.map(pair), s2b, ...upstream, coherent];
}

const subjects = [
  'Linux 7.3.4',
  'mm/memremap: explain the warning about the order',
  'mm/memremap: drop the re-initialisation of pages',
  HOSTILE,
  'Documentation: mention zone_device_page_init()',
];

const facts: readonly Omit<PointFacts, 'subject' | 'index'>[] = [
  {
    build: { status: 'built', durationMs: 184_000 },
    splats: [],
    tests: suiteOf(known, record('mixed-order/S2b', 'pass')),
  },
  { build: { status: 'built', durationMs: 14_200 }, splats: [], tests: [], inheritedFrom: 0 },
  { build: { status: 'built', durationMs: 13_900 }, splats: [], tests: suiteOf(fails, hang) },
  {
    build: { status: 'cached', durationMs: 300 },
    splats: [],
    tests: suiteOf(known, record('mixed-order/S2b', 'pass')),
  },
  { build: { status: 'cached', durationMs: 0 }, splats: [], tests: [], onlyNotCompiled: true },
];

/** A run with every kind of point, as the runner would record it. */
export function sampleRun(): RunRecord {
  const all = facts.map((fact, index) => ({ ...fact, index, subject: subjects[index] ?? '' }));
  const judged = comparePoints(all, true);
  const points = all.map(({ onlyNotCompiled, ...fact }, index): PointRecord => {
    const judgement = judged.points[index];
    return {
      ...fact,
      tests: [...fact.tests],
      splats: [...fact.splats],
      commit: `${index}`.repeat(40),
      verdict: judgement?.verdict ?? 'infra',
      reason: judgement?.reason ?? '',
      kernelSignature: (index === 2 ? 'b' : 'a').repeat(64),
      notCompiled: onlyNotCompiled === true ? ['Documentation/mm/hmm.rst'] : [],
    };
  });
  return {
    schemaVersion: 1,
    toolVersion: '0.1.0',
    id: '20260119-060005-3fa9c1',
    startedAt: '2026-01-19T06:00:05.000Z',
    finishedAt: '2026-01-19T06:09:12.000Z',
    series: {
      source: 'reinit-lost.mbox',
      title: 'mm/memremap: zone_device_page_init() changes',
      version: 2,
      patches: 4,
    },
    base: {
      commit: '0'.repeat(40),
      describe: 'v7.3.4',
      foundBy: 'blob hashes (4 of 4 match)',
      tree: 'linux-source-7.3',
    },
    profiles: ['default'],
    machine: {
      name: 'x86_64',
      qemuVersion: 'QEMU 7.2.19',
      argv: ['qemu-system-x86_64', '-append', 'console=ttyS0 panic=-1'],
    },
    accelerator: {
      name: 'tcg',
      why: '/dev/kvm opens and creates VMs, but Linux printed nothing within 10 s',
    },
    notes: [],
    seed: '00112233',
    points,
    summary: judged.summary,
    timings: { source: 62_000, points: 485_000 },
    verdict: judged.verdict,
    exitCode: judged.exitCode,
  };
}

/** The tree as it stands, failing. */
export function singleRun(): RunRecord {
  const { series: _series, ...run } = sampleRun();
  const only = { ...(run.points[2] as PointRecord), index: 0, subject: 'the tree as it stands' };
  const judged = comparePoints([only], false);
  const point = {
    ...only,
    verdict: judged.points[0]?.verdict ?? 'infra',
    reason: judged.points[0]?.reason ?? '',
  };
  return {
    ...run,
    points: [point],
    summary: judged.summary,
    verdict: judged.verdict,
    exitCode: judged.exitCode,
  };
}

export const issue: KnownIssue = {
  id: 'large-rmappable-leak',
  reason: 'zone_device_page_init() clears only flag bits 0-7. The rest of the story is in the file.',
  link: 'https://git.kernel.org/torvalds/c/12b2285bf3d1',
  kernelRange: '>=6.19 <8.0',
  expires: '2027-06-30',
  reproducer: ['S2'],
  match: { kind: 'stale-field', field: ['PG_workingset'], mask: '0x200', transition: ['tail1→order0'] },
};

/** A run that has something for every section of the table: also triage, flaky, notes and a baseline beside the base. */
export function fullRun(): { readonly run: RunRecord; readonly more: Partial<TableContext> } {
  const run = sampleRun();
  const [excused] = run.summary.introduced;
  if (excused === undefined) throw new Error('the sample introduces failures');
  const said = {
    as: 'unrelated',
    reason: 'fails on the base under load too, see the thread',
    link: 'https://lore.kernel.org/r/20260112.4711@example.org',
    expires: '2026-04-19',
  } as const;
  const benchmark = record('hmm-tests/hmm.benchmark', 'flaky', {
    failureKey: 'failed',
    matches: 1,
    runs: 4,
  });
  const points = run.points.map((point) =>
    point.index === 2
      ? {
          ...point,
          tests: [
            ...point.tests.map((one) => (one.id === excused.test ? { ...one, triaged: said } : one)),
            benchmark,
          ],
        }
      : point,
  );
  const summary = {
    ...run.summary,
    introduced: run.summary.introduced.slice(1),
    triaged: [excused],
    flaky: [{ test: benchmark.id, point: 2, failureKey: 'failed' }],
  };
  const before = baselineOf(run, '7.3', '2026-01-10');
  const [first = '', second = ''] = before.pass;
  const baseline = {
    ...before,
    pass: before.pass.filter((id) => id !== first && id !== second),
    fail: { [second]: 'hang: folio_wait_bit_common' },
    known: { ...before.known, [first]: 'large-rmappable-leak' },
    skip: [...before.skip, 'hmm-tests/hmm.gone'],
  };
  const notes = ['2 replies left out', 'v1 left out, v2 taken'];
  return { run: { ...run, points, summary }, more: { baseline, notes, expired: [issue] } };
}
