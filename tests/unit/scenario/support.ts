import { join } from 'node:path';
import { expandScenario } from '../../../orchestrator/scenario/expand.js';
import { modelOracle } from '../../../orchestrator/scenario/model-oracle.js';
import { RestoringPool } from '../../../orchestrator/scenario/pool.js';
import { runSuite } from '../../../orchestrator/scenario/run-suite.js';
import type { SuiteOptions } from '../../../orchestrator/scenario/run-suite.js';
import type { Case, Step } from '../../../orchestrator/scenario/schema.js';
import { readYaml } from '../../../orchestrator/scenario/yaml-source.js';
import { scanConsole } from '../../../orchestrator/splat/scanner.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { Deviation, Event, TestRecord } from '../../../orchestrator/store/records.js';
import { FakeGuest } from './fake-guest.js';
import type { FakeOptions } from './fake-guest.js';

/** What Linux 7.3 leaves behind, as results/known-issues.yaml has it in its own words. */
export function known73(deviation: Deviation): string | undefined {
  if (deviation.kind !== 'stale-field') return undefined;
  const high = [
    'PG_swapbacked',
    'PG_workingset',
    'PG_has_hwpoisoned',
    'PG_partially_mapped',
    'PG_unevictable',
  ];
  if (high.includes(deviation.field)) return 'flags-above-low-byte';
  if (deviation.field === 'zone_device_data') return 'zone-device-data';
  const memcg = deviation.field === 'memcg_data' && (BigInt(deviation.mask ?? '0x1') & 0xffffffffn) === 0n;
  return memcg ? 'memcg-high-half' : undefined;
}

/** Of each scenario, read once: cases are read-only, and to make those of all scenarios takes longer than most tests. */
const casesOf = new Map<string, Promise<readonly Case[]>>();

async function readCases(scenario: string): Promise<readonly Case[]> {
  const label = `tests/scenarios/${scenario}.yaml`;
  return expandScenario(await readYaml(join(projectRoot(), label), label), 'mixed-order', scenario);
}

/** Cases of the bundled suite by the names of their scenarios, A2 only as far as `pairs` says; in the order of the suite. */
export async function bundled(scenarios: readonly string[], pairs: readonly string[] = []): Promise<Case[]> {
  const label = 'tests/suites/mixed-order.yaml';
  const { value } = await readYaml(join(projectRoot(), label), label);
  const { scenarios: order } = value as { readonly scenarios: readonly string[] };
  const wanted = new Set(pairs.map((pair) => `mixed-order/A2/${pair}`));
  const cases: Case[] = [];
  for (const scenario of order) {
    if (!scenarios.includes(scenario) && (scenario !== 'A2' || pairs.length === 0)) continue;
    const made = casesOf.get(scenario) ?? readCases(scenario);
    casesOf.set(scenario, made);
    cases.push(...(await made).filter(({ id }) => scenarios.includes(scenario) || wanted.has(id)));
  }
  return cases;
}

/** A case made in a test. */
export function made(id: string, steps: readonly Partial<Step>[], more: Partial<Case> = {}): Case {
  return {
    suite: 't',
    id: `t/${id}`,
    scenario: id,
    title: id,
    guards: '',
    requires: { config: [], features: [] },
    generated: false,
    carryOn: false,
    deadlineMs: 30_000,
    steps,
    ...more,
  };
}

export const init = (pfn: number, order: number): Partial<Step> => ({ init: { pfn, order, unlock: 'page' } });
export const free = (pfn: number): Partial<Step> => ({ free: { pfn, how: 'page' } });

export interface Ran {
  readonly records: readonly TestRecord[];
  readonly events: readonly Event[];
  readonly guests: readonly FakeGuest[];
  readonly of: (id: string) => TestRecord;
}

/** Room for every case that the fake can play; half of a real guest's, since most of a step's time goes by the page. */
export const PLAYED_PAGES = 1024;

/** Runs cases over fake guests; `fake` may differ from guest to guest. */
export async function run(
  cases: Iterable<Case>,
  fake: FakeOptions | ((guest: number) => FakeOptions) = {},
  more: Partial<SuiteOptions> = {},
): Promise<Ran> {
  const guests: FakeGuest[] = [];
  const events: Event[] = [];
  await using pool = new RestoringPool({
    restore: async () => {
      const own = typeof fake === 'function' ? fake(guests.length) : fake;
      const guest = new FakeGuest({ pages: PLAYED_PAGES, ...own });
      guests.push(guest);
      return guest;
    },
  });
  const records = await runSuite(cases, {
    pool,
    point: 0,
    oracle: modelOracle(),
    knownIssue: known73,
    parseSplats: scanConsole,
    emit: (event) => void events.push(event),
    lanes: 1,
    deadlineMs: 60_000,
    timeScale: 1,
    ...more,
  });
  return {
    records,
    events,
    guests,
    of: (id) => {
      const record = records.find(
        (one) => one.id === id || one.id === `mixed-order/${id}` || one.id === `t/${id}`,
      );
      if (!record) throw new Error(`no record of ${id}`);
      return record;
    },
  };
}
