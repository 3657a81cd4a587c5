import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { suite } from '../../harness/suite.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { loadKnownIssues, parseKnownIssues } from '../../../orchestrator/verdict/known-issues.js';
import type { KnownIssue } from '../../../orchestrator/verdict/known-issues.js';
import { inRange } from '../../../orchestrator/verdict/kernel-range.js';
import { covers, knownMatcher, markKnown } from '../../../orchestrator/verdict/match.js';
import type { Deviation } from '../../../orchestrator/store/records.js';

const test = suite('verdict/known-issues');

const YAML = `issues:
  - id: high-bits
    reason: zone_device_page_init() clears only the low eight bits.
    link: https://lore.kernel.org/r/x
    kernelRange: '>=6.19 <8.0'
    expires: 2027-06-30
    reproducer: A2/9@0,0@1
    match:
      kind: stale-field
      field: [PG_workingset, PG_active]
      mask: '0x300'
      transition: '*→order0'
`;

const [issue] = parseKnownIssues(YAML, 'known.yaml') as [KnownIssue];
const deviation: Deviation = {
  kind: 'stale-field',
  step: 3,
  page: 1,
  byte: 0,
  field: 'PG_workingset',
  transition: 'tail1→order0',
  expected: '0x0',
  found: '0x200',
  mask: '0x200',
};

const cases: readonly (readonly [string, Partial<Deviation>, boolean])[] = [
  ['as it is', {}, true],
  ['the other field', { field: 'PG_active', mask: '0x100' }, true],
  ['another field', { field: 'PG_dirty' }, false],
  ['a field whose name only begins alike', { field: 'PG_workingset2' }, false],
  ['another kind', { kind: 'wrong-head' }, false],
  ['both bits of the mask', { mask: '0x300' }, true],
  ['one bit more than the mask', { mask: '0x600' }, false],
  ['a bit beyond 32', { mask: '0x100000200' }, false],
  ['another transition', { transition: 'tail1→head' }, false],
  ['a transition that only contains the pattern', { transition: 'tail1→order0 x' }, false],
];
for (const [name, change, expected] of cases) {
  test(`match: ${name}`, () => assert.is(covers(issue, { ...deviation, ...change }), expected));
}

test('match: without a mask or a transition nothing is covered', () => {
  const { mask: _mask, ...noMask } = deviation;
  const { transition: _transition, ...noTransition } = deviation;
  assert.is(covers(issue, noMask), false);
  assert.is(covers(issue, noTransition), false);
});

test('match: "any" covers an address, of its own field only', () => {
  const { mask: _mask, ...address } = deviation;
  const any = { ...issue, match: { ...issue.match, mask: 'any' } };
  assert.is(covers(any, address), true);
  assert.is(covers(any, { ...address, field: 'mapping' }), false);
});

test('a glob is no regular expression', () => {
  const odd = { ...issue, match: { ...issue.match, transition: ['t.il1→(order0)'] } };
  assert.is(covers(odd, { ...deviation, transition: 'tail1→(order0)' }), false);
  assert.is(covers(odd, { ...deviation, transition: 't.il1→(order0)' }), true);
});

test('an entry holds on the day it expires, not after, and is then reported', () => {
  const on = (today: string): ReturnType<typeof knownMatcher> =>
    knownMatcher([issue], { kernel: '7.3.4', today });
  assert.is(on('2027-06-30').match(deviation), 'high-bits');
  assert.equal(on('2027-06-30').expired, []);
  assert.is(on('2027-07-01').match(deviation), undefined);
  assert.equal(
    on('2027-07-01').expired.map(({ id }) => id),
    ['high-bits'],
  );
});

test('an entry holds for its kernels only', () => {
  assert.is(knownMatcher([issue], { kernel: '8.0.1', today: '2026-01-01' }).match(deviation), undefined);
  assert.is(knownMatcher([issue], { kernel: 'next', today: '2026-01-01' }).match(deviation), undefined);
});

test('a test is known only if every deviation is', () => {
  const matcher = knownMatcher([issue], { kernel: '7.3.4', today: '2026-01-01' });
  const other = { ...deviation, field: 'mapping' };
  assert.is(markKnown([deviation, deviation], matcher).allKnown, true);
  const mixed = markKnown([deviation, other], matcher);
  assert.is(mixed.allKnown, false);
  assert.equal(
    mixed.deviations.map(({ known }) => known),
    ['high-bits', undefined],
  );
  assert.is(markKnown([], matcher).allKnown, false);
});

test('a mark from elsewhere is not believed', () => {
  const matcher = knownMatcher([], { kernel: '7.3.4', today: '2026-01-01' });
  assert.is(markKnown([{ ...deviation, known: 'old' }], matcher).allKnown, false);
});

const ranges: readonly (readonly [string, string, boolean])[] = [
  ['7.3.4', '>=7.3 <7.4', true],
  ['7.3-rc7', '>=7.3 <7.4', false],
  ['7.3.0-rc7', '>=7.3-rc1 <7.4', true],
  ['7.3~rc7', '>=6.19', true],
  ['7.4-rc1', '<7.4', true],
  ['7.3.4-dirty', '=7.3.4', true],
  ['7.10.1', '>7.9', true],
  ['6.19.0', '<=6.19', true],
  ['6.19.1', '<=6.19', false],
];
for (const [kernel, range, expected] of ranges) {
  test(`${kernel} in ${range}`, () => assert.is(inRange(kernel, range), expected));
}

const wrong: readonly (readonly [string, string, string])[] = [
  ['a splat is never excused', YAML.replace('stale-field', 'splat'), 'known.yaml:9:'],
  ['a hang is never excused', YAML.replace('stale-field', 'hang'), 'known.yaml:9:'],
  ['a range nobody can read', YAML.replace('>=6.19 <8.0', 'since 6.19'), 'known.yaml:5:18'],
  ['no expiry', YAML.replace(/ {4}expires.*\n/, ''), 'known.yaml:2:'],
  ['a typo', YAML.replace('reason:', 'raeson:'), 'known.yaml:'],
  ['a mask that is no number', YAML.replace("'0x300'", '0b11'), 'known.yaml:11:'],
  ['no reproducer', YAML.replace(/ {4}reproducer.*\n/, ''), 'known.yaml:2:'],
  ['a link that runs', YAML.replace('https://lore.kernel.org/r/x', 'javascript:alert(1)'), 'known.yaml:4:'],
  ['one id twice', YAML + YAML.replace('issues:\n', ''), 'known.yaml:13:'],
  ['not even YAML', 'issues: [', 'known.yaml:1:'],
];
for (const [name, text, where] of wrong) {
  test(`refused: ${name}`, () => {
    try {
      parseKnownIssues(text, 'known.yaml');
    } catch (error) {
      assert.instance(error, CiError);
      assert.is((error as CiError).fault, 'usage');
      assert.ok((error as CiError).details.where?.startsWith(where), (error as CiError).details.where);
      return;
    }
    assert.unreachable('accepted');
  });
}

test('a missing file is a usage error', async () => {
  try {
    await loadKnownIssues('results/there-is-none.yaml');
  } catch (error) {
    assert.is((error as CiError).fault, 'usage');
    return;
  }
  assert.unreachable('accepted');
});

test('the list that is shipped is valid', async () => {
  const issues = await loadKnownIssues('results/known-issues.yaml');
  assert.ok(issues.length > 0);
  assert.not.match(readFileSync('results/known-issues.yaml', 'utf8'), /transition: ['"]?\*['"]?$/m);
});

const shipped: readonly (readonly [string, string, string, string | undefined, string | undefined])[] = [
  // What the model foretells for 7.3 (variant b) in A2, A3, S7 and S9, and guests show in L1 and L2.
  ['PG_workingset', 'tail1→order0', 'stale-field', '0x200', 'large-rmappable-leak'],
  ['PG_workingset', 'tail1→tail', 'stale-field', '0x200', 'large-rmappable-leak'],
  ['PG_workingset', 'order0→order0', 'stale-field', '0x200', 'workingset-leak'],
  ['PG_workingset', 'order0→tail', 'stale-field', '0x200', 'workingset-leak'],
  ['zone_device_data', 'tail1→tail', 'stale-field', '0xffffffff', 'tail-zone-device-data'],
  ['zone_device_data', 'tail2→tail', 'stale-field', undefined, 'tail-zone-device-data'],
  ['zone_device_data', 'order0→tail', 'stale-field', undefined, 'tail-zone-device-data'],
  ['PG_has_hwpoisoned', 'order0→tail1', 'stale-field', '0x100', 'mapped-flags-leak'],
  ['PG_swapbacked', 'head→order0', 'stale-field', '0x20000', 'mapped-flags-leak'],
  ['PG_swapbacked', 'order0→tail', 'stale-field', '0x20000', 'mapped-flags-leak'],
  ['PG_partially_mapped', 'order0→tail1', 'stale-field', '0x10000', 'poked-flags-leak'],
  ['PG_unevictable', 'order0→tail1', 'stale-field', '0x40000', 'poked-flags-leak'],
  ['memcg_data', 'fresh→order0', 'stale-field', '0xffff888000000000', 'memcg-data-high-half'],
  ['private', 'fresh→order0', 'stale-field', '0x1234', 'words-never-written'],
  ['_mapcount', 'fresh→tail', 'stale-field', '0xffffffff', 'words-never-written'],
  ['PG_reserved', 'order0→tail', 'stale-field', '0x2000', 'split-drops-reserved'],
  // What the kernels before and mutants of 7.3 do: never excused.
  ['PG_head', 'head→order0', 'wrong-head', '0x40', undefined],
  ['pgmap', 'tail1→order0', 'wrong-head', undefined, undefined],
  ['memcg_data', 'tail1→order0', 'stale-field', '0x200', undefined],
  ['mapping', 'tail1→order0', 'stale-field', '0xffffffff', undefined],
  ['PG_locked', 'tail1→order0', 'stale-field', '0x1', undefined],
  ['PG_locked', 'neighbour head', 'stale-field', '0x1', undefined],
  ['PG_swapbacked', 'neighbour order0', 'stale-field', '0x20000', undefined],
  ['zone_device_data', 'neighbour tail', 'stale-field', undefined, undefined],
  ['zone_device_data', 'tail1→order0', 'stale-field', '0xffffffff', undefined],
  // Flags that no life of a device page leaves, or not in that role.
  ['PG_owner_2', 'order0→order0', 'stale-field', '0x800', undefined],
  ['PG_private', 'order0→tail', 'stale-field', '0x4000', undefined],
  ['PG_mlocked', 'order0→order0', 'stale-field', '0x100000', undefined],
  ['PG_dropbehind', 'head→order0', 'stale-field', '0x80000', undefined],
  ['PG_swapbacked', 'head→tail', 'stale-field', '0x20000', undefined],
  ['PG_swapbacked', 'fresh→order0', 'stale-field', '0x20000', undefined],
  ['PG_workingset', 'order0→tail1', 'stale-field', '0x200', undefined],
  ['PG_workingset', 'head→order0', 'stale-field', '0x200', undefined],
  ['PG_partially_mapped', 'head→tail1', 'stale-field', '0x10000', undefined],
  // A life that leaves nothing there, or whose end has to take it away.
  ['zone_device_data', 'fresh→tail', 'stale-field', '0x1', undefined],
  ['memcg_data', 'order0→order0', 'stale-field', '0xffff888000000000', undefined],
  ['memcg_data', 'fresh→tail', 'stale-field', '0xffff888000000000', undefined],
  ['private', 'order0→order0', 'stale-field', '0x1234', undefined],
  ['private', 'fresh→order0', 'stale-field', '0x123400000000', undefined],
  ['_mapcount', 'tail→order0', 'stale-field', '0xffffffff', undefined],
  ['_refcount', 'order0→order0', 'refcount', '0x1', undefined],
  ['zone', 'order0→order0', 'stale-field', '0xc000000000000000', undefined],
];
for (const [field, transition, kind, mask, expected] of shipped) {
  test(`shipped: ${field} ${transition} ${mask ?? 'no mask'}`, async () => {
    const issues = await loadKnownIssues('results/known-issues.yaml');
    const { match } = knownMatcher(issues, { kernel: '7.3.4', today: '2026-11-23' });
    const found = {
      kind: kind as Deviation['kind'],
      field,
      transition,
      ...(mask === undefined ? {} : { mask }),
    };
    assert.is(match(found), expected);
  });
}

test.run();
