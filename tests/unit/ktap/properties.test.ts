import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { suite } from '../../harness/suite.js';
import { isFailure, parseKtap } from '../../../orchestrator/ktap/parse.js';

const test = suite('ktap/properties');

interface Tree {
  readonly name: string;
  readonly ok: boolean;
  readonly children: readonly Tree[];
}

const name = fc.stringMatching(/^[a-z][a-z_.]{0,8}$/);
/** Trees of at most four levels. */
function treeOf(depth: number): fc.Arbitrary<Tree> {
  const children = depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 });
  return fc.record({ name, ok: fc.boolean(), children });
}
const tree = treeOf(3);

/** Prints a tree as a faithful runner does: a parent is ok exactly if all its children are. */
function print(nodes: readonly Tree[], indent: string, unit: string): string[] {
  const lines = ['KTAP version 1', `1..${nodes.length}`].map((line) => indent + line);
  nodes.forEach((node, i) => {
    if (node.children.length > 0) lines.push(...print(node.children, indent + unit, unit));
    lines.push(`${indent}${passes(node) ? '' : 'not '}ok ${i + 1} ${node.name}`);
  });
  return lines;
}

function passes(node: Tree): boolean {
  return node.children.length === 0 ? node.ok : node.children.every(passes);
}

function leaves(nodes: readonly Tree[]): boolean[] {
  return nodes.flatMap((node) => (node.children.length === 0 ? [node.ok] : leaves(node.children)));
}

for (const unit of ['  ', '# ', '    ']) {
  test(`what a runner printed comes back, nested by "${unit}"`, () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (nodes) => {
        const report = parseKtap(`${print(nodes, '', unit).join('\n')}\n`);
        assert.equal(report.problems, []);
        assert.equal(
          report.results.map(({ status }) => status === 'pass'),
          leaves(nodes),
        );
        assert.is(new Set(report.results.map(({ id }) => id)).size, report.results.length);
      }),
      { numRuns: 100 },
    );
  });
}

test('an output cut anywhere never passes as a whole', () => {
  fc.assert(
    fc.property(
      fc.array(tree, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (nodes, part) => {
        const lines = print(nodes, '', '  ');
        const kept = lines.slice(0, Math.floor(part * (lines.length - 1)));
        const report = parseKtap(kept.map((line) => `${line}\n`).join(''));
        assert.ok(
          report.zeroTests || report.results.some(({ status }) => isFailure(status)) || kept.length < 2,
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('no text makes it throw', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'ok 1 a',
      'not ok 2',
      '  ok 1 b',
      '# # 1..3',
      '1..0 # SKIP',
      '    KTAP version 1',
      'Bail out!',
      '#  RUN  x ...',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      for (const { id, path } of parseKtap(lines.join('\n')).results) assert.ok(id !== '' && path.length > 0);
    }),
    { numRuns: 300 },
  );
});

test.run();
