import * as assert from 'uvu/assert';
import { choose } from '../../../../orchestrator/model/explore/choose.js';
import type { Looked } from '../../../../orchestrator/model/explore/choose.js';
import type { Difference, DifferenceKind } from '../../../../orchestrator/model/explore/difference.js';
import { suite } from '../../../harness/suite.js';
import { free, init } from '../support.js';

const test = suite('model/explore/choose');

const differ = (kind: DifferenceKind, more: Partial<Difference> = {}): Difference => ({
  kind,
  a: '0',
  b: '1',
  ...more,
});

/** A sequence that is known again by its page. */
function looked(pfn: number, now: readonly Difference[], later: readonly Difference[] = []): Looked {
  const afterwards =
    later.length === 0 ? [] : [{ step: free(pfn) as Looked['steps'][number], differences: later }];
  return { steps: [init(`0@${pfn}`) as Looked['steps'][number]], ways: 1, differences: now, afterwards };
}

const chosen = (all: readonly Looked[], limit = 100): string[] =>
  choose(all, limit).map(({ steps, alike }) => `${(steps[0] as { pfn: number }).pfn}+${alike}`);

const KINDS: readonly DifferenceKind[] = [
  'crash',
  'hang',
  'foreign',
  'warnings',
  'callbacks',
  'references',
  'bits',
];

test('the worst comes first', () => {
  const all = KINDS.map((kind, i) => looked(i, [differ(kind)]));
  const wanted = KINDS.map((_, i) => `${i}+0`);
  assert.equal(chosen(all), wanted);
  assert.equal(chosen(all.toReversed()), wanted);
});

test('of several differences the worst counts, and what comes afterwards less than any of them', () => {
  assert.equal(chosen([looked(0, [differ('bits')]), looked(1, [differ('bits'), differ('hang')])]), [
    '1+0',
    '0+0',
  ]);
  assert.equal(
    chosen([
      looked(0, [differ('bits')], [differ('crash')]),
      looked(1, [differ('references')]),
      looked(2, [differ('bits')]),
      looked(3, [differ('bits')], [differ('callbacks'), differ('references')]),
      looked(4, [differ('bits')], [differ('references'), differ('hang')]),
    ]),
    ['1+0', '0+0', '4+0', '3+0', '2+0'],
  );
});

test('sequences that differ in the same fields and roles are one kind, wherever they are', () => {
  const field = { field: 'private', transition: 'tail→order0' };
  const same = [
    looked(0, [differ('bits', { ...field, page: 1, a: '7' })]),
    looked(1, [differ('bits', { ...field, page: 2, a: '9' })]),
    looked(2, [differ('bits', { ...field, page: 2 }), differ('bits', { ...field, page: 3 })]),
  ];
  assert.equal(chosen(same, 1), ['0+2']);
  const others = [
    looked(3, [differ('bits', { ...field, field: 'index' })]),
    looked(4, [differ('bits', { ...field, transition: 'tail→head' })]),
    looked(5, [differ('bits', field)], [differ('callbacks')]),
    looked(6, [differ('callbacks'), differ('bits', field)]),
    looked(7, [differ('bits', field), differ('callbacks')]),
    looked(8, [], [differ('bits', field), differ('callbacks')]),
    looked(9, [], [differ('callbacks'), differ('bits', field)]),
  ];
  assert.equal(chosen([...same, ...others], 6).sort(), ['0+2', '3+0', '4+0', '5+0', '6+1', '8+1']);
  assert.is(chosen([...same, ...others]).length, 10, 'with room for them, all');
});

test('one of each kind, then a second of each', () => {
  const bits = [0, 1, 2].map((pfn) => looked(pfn, [differ('bits')]));
  const hangs = [3, 4].map((pfn) => looked(pfn, [differ('hang')]));
  assert.equal(chosen([...bits, ...hangs]), ['3+1', '0+2', '4+1', '1+2', '2+2']);
  assert.equal(chosen([...bits, ...hangs], 3), ['3+1', '0+2', '4+1']);
  assert.equal(chosen([...bits, ...hangs], 0), []);
  assert.equal(chosen([]), []);
});

test.run();
