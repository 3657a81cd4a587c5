import type { MutantResult } from '../../../orchestrator/score/record.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';

/** A record of a test of suite `mixed-order`, or of the suite that its id names. */
export function record(
  id: string,
  verdict: TestRecord['verdict'],
  more: Partial<TestRecord> = {},
): TestRecord {
  const [suite = ''] = id.includes('/') ? id.split('/') : ['mixed-order'];
  return {
    id,
    suite,
    verdict,
    ...(verdict === 'fail' ? { kind: 'stale-field' as const, failureKey: `key of ${id}` } : {}),
    runs: 1,
    matches: verdict === 'fail' ? 1 : 0,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 1,
    reused: false,
    ...more,
  };
}

export function result(name: string, more: Partial<MutantResult> = {}): MutantResult {
  return {
    name,
    profile: 'default',
    subject: 's',
    file: 'mm/memremap.c',
    line: 7,
    expect: 'killed',
    seenBy: 'S1',
    base: 'v7.3',
    kernelSignature: 'k1',
    ours: { verdict: 'killed', test: 'mixed-order/S1', text: 'why' },
    upstream: { verdict: 'survived' },
    standing: 'as-expected',
    buildMs: 1000,
    at: '2026-11-26T02:00:00.000Z',
    ...more,
  };
}
