import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseRevList } from '../../../orchestrator/bisect/history.js';
import { start } from '../../../orchestrator/bisect/state.js';
import type { Place } from '../../../orchestrator/bisect/types.js';
import { scratchDir } from '../../harness/temp.js';
import { suite } from '../../harness/suite.js';
import { userGit } from '../series/fake-tree.js';
import { carryOut } from './search.js';

/**
 * Real repositories, small ones: a graph in a few words, and a tester that goes by the titles. What `git bisect run` says
 * about them is what ours must say.
 */
const test = suite('bisect/git', { timeoutMs: 60_000, fileTimeoutMs: 180_000 });

/**
 * One entry a commit, `name: parents`; the first is the old end, the last the new one. A commit called `bad…` brings the
 * failure, one called `skip…` cannot be built.
 */
const CASES: readonly (readonly [name: string, graph: string, expected: string])[] = [
  ['a line', 'a, b: a, c: b, bad: c, e: bad, f: e, g: f', 'bad'],
  ['the first', 'a, bad: a, c: bad, d: c', 'bad'],
  ['the last', 'a, b: a, c: b, bad: c', 'bad'],
  ['the only one', 'a, bad: a', 'bad'],
  ['on a branch that is merged', 'a, b: a, c: b, x: a, bad: x, z: bad, m: c z, n: m', 'bad'],
  ['on the line beside a branch', 'a, b: a, bad: b, x: a, y: x, z: y, m: bad z, n: m', 'bad'],
  ['the merge itself', 'a, b: a, c: b, x: a, y: x, bad: c y, n: bad, o: n', 'bad'],
  ['before the branch', 'a, bad: a, c: bad, x: bad, y: x, m: c y, n: m', 'bad'],
  ['a branch in a branch', 'a, b: a, x: a, p: x, bad: p, y: x, z: y bad, m: b z, n: m', 'bad'],
  ['three parents', 'a, b: a, c: a, bad: a, d: bad, m: b c d, n: m', 'bad'],
  ['two merges of one branch', 'a, x: a, y: x, b: a, m: b x, bad: y, k: m bad, n: k', 'bad'],
  ['skipped beside it', 'a, skip1: a, c: skip1, bad: c, e: bad, skip2: e, g: skip2', 'bad'],
  ['skipped before it', 'a, b: a, skip1: b, skip2: skip1, bad: skip2, f: bad', 'skip1 skip2 bad'],
  ['cannot be built itself', 'a, b: a, c: b, skip-bad: c, e: skip-bad, f: e', 'skip-bad e'],
  [
    'three around it',
    'a, b: a, skip1: b, skip-bad: skip1, skip3: skip-bad, f: skip3, g: f',
    'skip1 skip-bad skip3 f',
  ],
  ['skipped on a branch', 'a, b: a, x: a, skip-bad: x, z: skip-bad, m: b z, n: m', 'skip-bad z'],
  ['the end of a branch', 'a, b: a, c: b, x: a, skip-bad: x, m: c skip-bad, n: m', 'skip-bad m'],
];

/** A repository with that graph; every commit changes a file of its own. Gives the ids by name. */
function repository(graph: string): { root: string; ids: Map<string, string> } {
  const root = scratchDir('bisect');
  userGit(root, 'init', '-q');
  const ids = new Map<string, string>();
  const changes = new Map<string, readonly string[]>();
  for (const entry of graph.split(', ')) {
    const [name = '', parents = ''] = entry.split(': ');
    const above = parents.split(' ').filter((parent) => parent !== '');
    const files = [...new Set([...above.flatMap((parent) => changes.get(parent) ?? []), name])];
    changes.set(name, files);
    const tree = makeTree(root, files);
    const id = (parent: string): string => ids.get(parent) ?? '';
    const argv = ['commit-tree', tree, '-m', name, ...above.flatMap((parent) => ['-p', id(parent)])];
    ids.set(name, userGit(root, ...argv));
  }
  return { root, ids };
}

function makeTree(root: string, files: readonly string[]): string {
  const blob = userGit(root, 'hash-object', '-w', '-t', 'blob', '/dev/null');
  const input = files.map((file) => `100644 blob ${blob}\t${file}\n`).join('');
  return execFileSync('git', ['mktree'], { cwd: root, input, encoding: 'utf8' }).trim();
}

/** The commits that `git bisect run` names, by title, with a tester that looks for the files of a checkout. */
function gitSays(root: string, old: string, latest: string): string[] {
  const tester = join(scratchDir('tester'), 'test.sh');
  writeFileSync(
    tester,
    `title=$(git log -1 --format=%s)
case $title in skip*) exit 125 ;; esac
for file in bad* skip-bad*; do [ -e "$file" ] && exit 1; done
exit 0\n`,
  );
  userGit(root, 'checkout', '-q', latest);
  userGit(root, 'bisect', 'start', latest, old);
  let text: string;
  try {
    text = userGit(root, 'bisect', 'run', 'sh', tester);
  } catch (error) {
    // Exit code 2: "only skipped commits left to test", with the candidates on stdout.
    text = String((error as { stdout?: unknown }).stdout);
  }
  const first = /^([0-9a-f]{40}) is the first bad commit$/m.exec(text)?.[1];
  const ids = first === undefined ? [...text.matchAll(/^([0-9a-f]{40})$/gm)].map(([id]) => id) : [first];
  return titles(root, ids);
}

function titles(root: string, ids: readonly string[]): string[] {
  return ids.map((id) => userGit(root, 'log', '-1', '--format=%s', id)).toSorted();
}

/** The commits that our search names, by title, with a tester that goes by ancestry. */
function weSay(root: string, old: string, latest: string): string[] {
  const text = userGit(root, 'rev-list', '--parents', '--topo-order', '--reverse', `${old}..${latest}`);
  const history = parseRevList(text, old);
  const title = history.commits.map(({ id }) => userGit(root, 'log', '-1', '--format=%s', id));
  const inIt = history.commits.map(({ id }) => userGit(root, 'log', '--format=%s', id).split('\n'));
  const broken = (names: readonly string[] | undefined): boolean =>
    names?.some((name) => name.includes('bad')) === true;
  const { answer } = carryOut(start(history), (at: Place) => {
    if (at.kind === 'commit' && title[at.commit]?.startsWith('skip')) return 'untestable';
    const dropped = at.kind === 'commit' ? [] : at.commits.map((commit) => title[commit]);
    const names =
      at.kind === 'commit' ? inIt[at.commit] : inIt.at(-1)?.filter((name) => !dropped.includes(name));
    return broken(names) ? 'match' : 'pass';
  });
  return titles(
    root,
    answer.commits.map((commit) => history.commits[commit]?.id ?? ''),
  );
}

for (const [name, graph, expected] of CASES) {
  test(name, () => {
    const { root, ids } = repository(graph);
    const [old = '', ...others] = ids.values();
    const latest = others.at(-1) ?? '';
    const wanted = expected.split(' ').toSorted();
    assert.equal(weSay(root, old, latest), wanted);
    assert.equal(gitSays(root, old, latest), wanted, 'git bisect');
  });
}

test.run();
