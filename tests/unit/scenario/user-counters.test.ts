import * as assert from 'uvu/assert';
import {
  chargeDifferences,
  deviceDifferences,
  mthpDifferences,
  rssDifferences,
} from '../../../orchestrator/scenario/user-counters.js';
import { suite } from '../../harness/suite.js';
import { fill, hugeOnDevice, map, play } from '../model/mapping/user.js';

const test = suite('scenario/user-counters');

const { user } = play([map(4), fill(0, 3)]);
const charge = { current: 1000, stock: 126, kernel: 300, file: 20, sock: 1, anon: 553, own: 550 };

test('what the group is charged, without what is held back, the kernel, files and the agent itself', () => {
  assert.equal(chargeDifferences(user, charge), []);
  assert.equal(chargeDifferences(user, { ...charge, current: 1001 }), ['pages charged 3, guest 4']);
  assert.equal(chargeDifferences(user, { ...charge, anon: 552 }), ['NR_ANON_MAPPED 3, guest 2']);
});

test('counters by order count from those before the case; a kernel may lack one', () => {
  const huge = play(hugeOnDevice).user;
  const counters = (nr: number): { refs: number; mthp: Record<string, Record<string, number>> } => ({
    refs: 0,
    mthp: { 2: { nr_anon: 0, split: 5 }, 9: { nr_anon: nr } },
  });
  assert.equal(mthpDifferences(huge, counters(7), counters(8)), []);
  assert.equal(mthpDifferences(huge, counters(7), counters(9)), ['nr_anon of order 9 1, guest 2']);
  assert.equal(mthpDifferences(huge, { refs: 0 }, { refs: 0 }), []);
});

test('references and pages in use', () => {
  assert.equal(deviceDifferences(4, { refs: 4, live: 4, migrated: 4 }), []);
  assert.equal(deviceDifferences(4, { refs: 4 }), []);
  assert.equal(deviceDifferences(4, { refs: 5, live: 4, migrated: 3 }), [
    'pgmap references 4, guest 5',
    'pages that a migration took 4, guest 3',
  ]);
});

test('rss of the mappings: what the process counts less what its other memory has', () => {
  const usermap = (counted_kb: number): Parameters<typeof rssDifferences>[2][number] => ({
    ok: true,
    rss: { counted_kb, mapped_kb: 512, swap_kb: 0 },
    smaps_kb: { Anonymous: 12, AnonHugePages: 0 },
  });
  assert.equal(rssDifferences(user, 'main', [usermap(512)]), []);
  assert.equal(rssDifferences(user, 'main', [usermap(516)]), ['kB of MM_ANONPAGES 12, guest 16']);
  assert.equal(rssDifferences(user, 'main', []), []);
});

test.run();
