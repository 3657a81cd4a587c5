import * as assert from 'uvu/assert';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { classifyTransitions, whyUnreachable } from '../../../../orchestrator/model/explore/reachable.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/reachable');

const { reachable, unreachable } = classifyTransitions();
const made = new Set(reachable.map(transitionText));
const why = new Map(unreachable.map((one) => [transitionText(one.transition), one.why]));

test('as many as docs/model.md says: 243 by init and free, 27 from pieces of a split, 4 by the split', () => {
  const from = [...made].filter((one) => one.startsWith('piece'));
  const by = [...made].filter((one) => one.includes('→piece'));
  assert.equal([made.size, from.length, by.length], [274, 27, 4]);
  assert.is(made.size + why.size, 760);
});

test('a split makes a piece of each page where it is; only a living order-9 folio is split', () => {
  for (const position of ['head', 'tail1', 'tail2', 'tail'])
    assert.ok(made.has(`${position}/9→piece ${position}`));
  assert.match(why.get('head/9→piece tail') ?? '', /^a split keeps the place/);
  for (const from of ['fresh', 'order0', 'head/3..8', 'piece head'])
    assert.match(why.get(`${from}→piece head`) ?? '', /^only a living order-9 folio is split/, from);
});

test('natural alignment: a first tail is odd, a second one 2 modulo 4, a head even', () => {
  for (const one of [
    'tail1/1→head/1',
    'tail1/9→tail2/2',
    'head/2→tail2/2',
    'tail2/2→head/2',
    'piece tail1→head/1',
  ])
    assert.match(why.get(one) ?? '', /^natural alignment/, one);
  for (const one of [
    'tail2/2→head/1',
    'tail/3..8→head/2',
    'head/1→tail2/9',
    'order0→head/9',
    'piece tail2→head/1',
  ])
    assert.ok(made.has(one), one);
  assert.ok(made.has('fresh→tail1/9') && made.has('fresh→order0'));
});

test('a folio that lives on the old head stays out of the new one', () => {
  // Page 1: whatever covers it above order 0 covers page 0 as well.
  assert.ok(made.has('tail1/9 (head alive)→order0'));
  for (const to of ['tail1/1', 'tail1/2', 'tail1/9'])
    assert.match(why.get(`tail1/9 (head alive)→${to}`) ?? '', /would cover the old head/, to);
  // Page 3 of 2@0: 1@2 leaves page 0 alone, 2@0 does not.
  assert.ok(made.has('tail/2 (head alive)→tail1/1'));
  assert.match(why.get('tail/2 (head alive)→tail/2') ?? '', /would cover the old head/);
  assert.ok(made.has('tail/3..8 (head alive)→tail/2'));
  assert.ok(made.has('tail1/1 (head re-made)→tail1/1'));
});

test('every other one has a reason, and none is that nobody found a way', () => {
  const reasons = new Map<string, number>();
  for (const text of why.values()) reasons.set(text, (reasons.get(text) ?? 0) + 1);
  assert.is(reasons.size, 4);
  assert.not.ok([...reasons.keys()].some((text) => text.startsWith('no sequence')));
  const first = reachable[0] as number;
  assert.match(
    whyUnreachable(first),
    /^no sequence of inits, frees and splits/,
    'asked of one that can be made',
  );
});

test.run();
