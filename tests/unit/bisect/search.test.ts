import * as assert from 'uvu/assert';
import { after, nothingKnown } from '../../../orchestrator/bisect/known.js';
import type { BisectEvent } from '../../../orchestrator/bisect/events.js';
import { likelyNext } from '../../../orchestrator/bisect/ahead.js';
import { decide } from '../../../orchestrator/bisect/decide.js';
import { samePlace, start } from '../../../orchestrator/bisect/state.js';
import { suite } from '../../harness/suite.js';
import { bisectGraph, bisectGround, FakeLab, repository } from './fake-lab.js';
import { rangeGround } from '../../../orchestrator/bisect/range-ground.js';
import { commitLine, ownCache, userGit } from '../series/fake-tree.js';
import { checksOf } from './search.js';

const test = suite('bisect/search', { timeoutMs: 60_000, fileTimeoutMs: 300_000 });
ownCache();

const ALL = 'culprit:pass parent:pass cure:pass no-op:pass';

/** What comes of a graph: name, graph, verdict, titles, end checks. */
const CASES: readonly (readonly [
  name: string,
  graph: string,
  verdict: string,
  named: string,
  checks: string,
])[] = [
  ['always, on a line', 'a, b: a, c: b, bad: c, e: bad, f: e', 'culprit', 'bad', ALL],
  ['in half of the runs', 'a, b: a, c: b, bad-50: c, e: bad-50, f: e', 'culprit', 'bad-50', ALL],
  ['on a branch that is merged', 'a, b: a, x: a, bad: x, y: bad, m: b y, n: m', 'culprit', 'bad', ALL],
  [
    'cannot be built itself',
    'a, b: a, skip1: b, skip-bad: skip1, bad: skip-bad, f: bad, g: f',
    'range',
    'skip1 skip-bad bad',
    ALL,
  ],
  ['another crash beside it', 'a, b: a, crash1: b, bad: crash1, e: bad, f: e', 'range', 'crash1 bad', ALL],
  [
    'a change of comments beside it',
    'a, b: a, doc1: b, bad: doc1, doc2: bad, f: doc2',
    'culprit',
    'bad',
    ALL,
  ],
  ['at both ends', 'bad, b: bad, c: b', 'at both ends', '', ''],
  ['not at all', 'a, b: a, c: b', 'not reproduced', '', ''],
  ['the same kernel at both ends', 'a, doc1: a, doc2: doc1', 'no difference', '', ''],
  ['the new end cannot be built', 'a, b: a, skip1: b', 'untestable', '', ''],
];

for (const [name, graph, verdict, named, checks] of CASES) {
  test(name, async () => {
    const found = await bisectGraph(graph);
    assert.is(found.answer.verdict, verdict, JSON.stringify(found.answer));
    assert.equal(found.named, named.split(' ').filter(Boolean));
    assert.is(checksOf(found.answer), checks);
  });
}

test('the commit that ended a failure', async () => {
  const found = await bisectGraph('bad, b: bad, good: b, d: good, e: d', { change: 'fixed' });
  assert.is(found.answer.verdict, 'culprit');
  assert.equal(found.named, ['good']);
  assert.is(checksOf(found.answer), ALL);
});

test('a culprit that git cannot take back: the check says so, and the odds must be higher', async () => {
  // `again` changes the file that `bad` brought.
  const { root, ids } = repository('a, b: a, bad: b');
  userGit(root, 'checkout', '-q', '--detach', ids.get('bad') ?? '');
  const last = commitLine(root, 'mm/bad.c', 1, 'changed', 'again');
  const { signal } = new AbortController();
  const ground = await rangeGround(
    root,
    [ids.get('a') ?? '', last],
    { profile: 'default', fragments: [] },
    signal,
  );
  const found = await bisectGround(ground, new FakeLab(ground, root), {});
  assert.is(found.answer.verdict, 'culprit');
  assert.equal(found.named, ['bad']);
  assert.is(checksOf(found.answer), 'culprit:pass parent:pass cure:could not no-op:pass');
  assert.match(found.answer.checks[2]?.why ?? '', /git cannot take it back/);
});

test('another failure on the way is kept, once', async () => {
  const found = await bisectGraph('a, b: a, crash1: b, bad: crash1, e: bad, f: e');
  assert.equal(
    found.known.others.map(({ failureKey }) => failureKey),
    ['splat: another'],
  );
  assert.equal(found.known.target, { test: 'suite/test', keys: ['stale-field x'] });
});

test('one race under three keys: what the end that fails shows in turn is taken for one', async () => {
  const found = await bisectGraph('a, b: a, c: b, race: c, e: race, f: e', { seed: 5 });
  assert.is(found.answer.verdict, 'culprit', JSON.stringify(found.answer));
  assert.equal(found.named, ['race']);
  const { target } = found.known;
  assert.is(target?.first?.length, 1);
  // The third came too seldom before the search began; where it comes it is another failure, which does not steer.
  assert.equal(target?.keys.toSorted(), ['hang: a', 'hang: c']);
  assert.ok(found.answer.rate.estimate > 0.7, 'runs under both keys count');
  const names = found.events.flatMap((one) => (one.type === 'target' ? [one.target.keys.length] : []));
  assert.equal(names, [1, 2]);
});

test('a key that the end that passes shows, too, is not taken for it', async () => {
  const found = await bisectGraph('old-noise, b: old-noise, c: b, bad: c, e: bad, f: e', { seed: 3 });
  assert.equal(found.known.target?.keys, ['stale-field x']);
  assert.equal(found.named, ['bad']);
});

test('the same keys, where the user has named one: the others stay findings of their own', async () => {
  const graph = 'a, b: a, race: b, d: race';
  const { root, ids } = repository(graph);
  const { signal } = new AbortController();
  const config = { profile: 'default', fragments: [] };
  const ground = await rangeGround(root, [ids.get('a') ?? '', ids.get('d') ?? ''], config, signal);
  const found = await bisectGround(ground, new FakeLab(ground, root, 5), { wanted: 'hang: a' });
  assert.equal(found.known.target?.keys, ['hang: a']);
  assert.ok(found.known.others.length > 0);
});

test('a search that was broken off at any line goes on, and repeats no run', async () => {
  const graph = 'a, b: a, skip1: b, bad-50: skip1, e: bad-50, f: e';
  const { root, ids } = repository(graph);
  const ends = [ids.get('a') ?? '', ids.get('f') ?? ''] as const;
  const { signal } = new AbortController();
  const ground = await rangeGround(root, ends, { profile: 'default', fragments: [] }, signal);
  const whole = await bisectGround(ground, new FakeLab(ground, root, 7), {});
  const lines = whole.events.length;
  assert.ok(lines > 30, `only ${lines} lines`);
  for (let cut = 0; cut < lines; cut += 9) {
    const kept: readonly BisectEvent[] = whole.events.slice(0, cut);
    const known = kept.reduce(after, nothingKnown(start(ground.history, {})));
    const made = kept.filter(({ type }) => type === 'run').length;
    const lab = new FakeLab(ground, root, 100 + cut);
    const rest = await bisectGround(ground, lab, {}, known);
    assert.equal(rest.named, ['skip1', 'bad-50'], `cut at ${cut}`);
    const counted = rest.known.state.tallies.reduce(
      (sum, { match, pass, other, infra }) => sum + match + pass + other + infra,
      0,
    );
    assert.is(counted, made + lab.runs.length, `cut at ${cut}`);
  }
});

test('broken off while it waits for a kernel, it goes on with that kernel', async () => {
  const { root, ids } = repository('a, b: a, c: b, d: c, bad: d, f: bad, g: f, h: g');
  const ends = [ids.get('a') ?? '', ids.get('h') ?? ''] as const;
  const { signal } = new AbortController();
  const ground = await rangeGround(root, ends, { profile: 'default', fragments: [] }, signal);
  for (const number of [2, 3, 4]) {
    const lab = new FakeLab(ground, root);
    const plain = lab.build.bind(lab);
    lab.build = (at) => (lab.builds.length < number ? plain(at) : Promise.reject(new Error('cut off')));
    let known = nothingKnown(start(ground.history, {}));
    const append = (event: BisectEvent): void => void (known = after(known, event));
    const error = await bisectGround(ground, lab, {}, undefined, append).catch((thrown: unknown) => thrown);
    assert.is((error as Error).message, 'cut off');
    const waited = decide(known.state);
    const resumed = new FakeLab(ground, root);
    await bisectGround(ground, resumed, {}, known);
    assert.is(resumed.builds[0], JSON.stringify(waited.kind === 'run' && waited.at));
  }
});

test('kernels are built ahead, none twice, and each only once it is likely', async () => {
  const graph = 'a, b: a, c: b, d: c, bad: d, f: bad, g: f, h: g';
  const { lab, events } = await bisectGraph(graph);
  assert.is(new Set(lab.builds).size, lab.builds.length, lab.builds.join());
  assert.ok(events.some((event) => event.type === 'built' && event.ahead));
});

test('while a kernel is waited for, what only the step before held likely is not begun', async () => {
  const { root, ids } = repository('a, b: a, c: b, d: c, bad: d, f: bad, g: f, h: g');
  const ends = [ids.get('a') ?? '', ids.get('h') ?? ''] as const;
  const { signal } = new AbortController();
  const ground = await rangeGround(root, ends, { profile: 'default', fragments: [] }, signal);
  const lab = new FakeLab(ground, root);
  const plain = lab.build.bind(lab);
  let known = nothingKnown(start(ground.history, {}));
  const idle: string[] = [];
  lab.build = (at) => {
    const decision = decide(known.state);
    const next = decision.kind === 'run' ? [decision.at, ...likelyNext(known.state, decision)] : [];
    if (!next.some((place) => samePlace(place, at))) idle.push(JSON.stringify({ at, next }));
    return plain(at);
  };
  await bisectGround(ground, lab, {}, undefined, (event) => void (known = after(known, event)));
  assert.equal(idle, []);
});

test('the user hears of an abort, and nothing more is run', async () => {
  const { root, ids } = repository('a, b: a, bad: b');
  const { signal } = new AbortController();
  const ends = [ids.get('a') ?? '', ids.get('bad') ?? ''] as const;
  const ground = await rangeGround(root, ends, { profile: 'default', fragments: [] }, signal);
  const lab = new FakeLab(ground, root);
  let lines = 0;
  try {
    await bisectGround(ground, lab, {}, undefined, () => {
      lines += 1;
      if (lines === 4) throw new Error('the disk is full');
    });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /disk is full/);
  }
  assert.is(lines, 4);
});

test.run();
